//! What users want to hear of their groups.

use database::{At, Col, StoreError, detached, on};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, insert_into, upsert::excluded};
use diesel_async::RunQueryDsl;
use engine_interfaces::{GroupId, NotificationPreference, Timestamp, UserId};

use super::{Store, schema::preferences as table};

impl Store {
    /// What `user` said about `group`.
    pub(crate) async fn preference(
        &self,
        user: UserId,
        group: GroupId,
    ) -> Result<Option<NotificationPreference>, StoreError> {
        let query = table::table.find((Col(user), Col(group))).select(table::muted);
        let muted: Option<bool> = on!(self, read, |conn| async { query.first(conn).await.optional() })?;
        Ok(muted.map(|muted| NotificationPreference { muted }))
    }

    /// Those of `users` that want to hear nothing of `group`.
    pub(crate) async fn muted(&self, group: GroupId, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let ids: Vec<_> = users.iter().copied().map(Col).collect();
        let query = table::table
            .filter(table::user_id.eq_any(ids))
            .filter(table::group_id.eq(Col(group)))
            .filter(table::muted.eq(true))
            .select(table::user_id);
        let rows: Vec<Col<UserId>> = on!(self, read, |conn| query.load(conn))?;
        Ok(rows.into_iter().map(|user| user.0).collect())
    }

    /// The groups that `user` wants to hear nothing of.
    pub(crate) async fn muted_groups(&self, user: UserId) -> Result<Vec<GroupId>, StoreError> {
        let query = table::table
            .filter(table::user_id.eq(Col(user)))
            .filter(table::muted.eq(true))
            .select(table::group_id);
        let rows: Vec<Col<GroupId>> = on!(self, read, |conn| query.load(conn))?;
        Ok(rows.into_iter().map(|group| group.0).collect())
    }

    /// Keeps what `user` says about `group`.
    pub(crate) async fn set_preference(
        &self,
        user: UserId,
        group: GroupId,
        NotificationPreference { muted }: NotificationPreference,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let store = self.clone();
        let row = (
            table::user_id.eq(Col(user)),
            table::group_id.eq(Col(group)),
            table::muted.eq(muted),
            table::updated_at.eq(At(now)),
        );
        detached(async move {
            on!(store, write, |conn| insert_into(table::table)
                .values(row)
                .on_conflict((table::user_id, table::group_id))
                .do_update()
                .set((
                    table::muted.eq(excluded(table::muted)),
                    table::updated_at.eq(excluded(table::updated_at))
                ))
                .execute(conn))
        })
        .await
        .map(drop)
    }
}
