//! Who wants mail.

use database::{At, Col, StoreError, detached, on};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, insert_into, upsert::excluded};
use diesel_async::RunQueryDsl;
use engine_interfaces::{Timestamp, UserId};

use super::{Store, schema::mail_preferences as table};

impl Store {
    /// Whether `user` wants digests, where they said so.
    pub(crate) async fn wants_digests(&self, user: UserId) -> Result<Option<bool>, StoreError> {
        let query = table::table.find(Col(user)).select(table::digests);
        on!(self, read, |conn| async { query.first(conn).await.optional() })
    }

    /// Those of `users` that want no digests.
    pub(crate) async fn unwilling(&self, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let ids: Vec<_> = users.iter().copied().map(Col).collect();
        let query = table::table
            .filter(table::user_id.eq_any(ids))
            .filter(table::digests.eq(false))
            .select(table::user_id);
        let rows: Vec<Col<UserId>> = on!(self, read, |conn| query.load(conn))?;
        Ok(rows.into_iter().map(|user| user.0).collect())
    }

    /// Keeps whether `user` wants digests.
    pub(crate) async fn set_wants_digests(
        &self,
        user: UserId,
        wants: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let store = self.clone();
        let row = (table::user_id.eq(Col(user)), table::digests.eq(wants), table::updated_at.eq(At(now)));
        detached(async move {
            on!(store, write, |conn| insert_into(table::table)
                .values(row)
                .on_conflict(table::user_id)
                .do_update()
                .set((
                    table::digests.eq(excluded(table::digests)),
                    table::updated_at.eq(excluded(table::updated_at))
                ))
                .execute(conn))
        })
        .await
        .map(drop)
    }
}
