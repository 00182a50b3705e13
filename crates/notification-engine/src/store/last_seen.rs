//! When users were last here.

use database::{At, Col, StoreError, detached, on};
use diesel::{ExpressionMethods, QueryDsl, insert_into, upsert::excluded};
use diesel_async::RunQueryDsl;
use engine_interfaces::{Timestamp, UserId};

use super::{Store, schema::last_seen as table};

impl Store {
    /// These users are here now. All or none.
    pub(crate) async fn mark_seen(&self, mut users: Vec<UserId>, now: Timestamp) -> Result<(), StoreError> {
        // In one order, so that two callers never wait for each other; and each once.
        users.sort_unstable();
        users.dedup();
        let rows: Vec<_> = users
            .into_iter()
            .map(|user| (table::user_id.eq(Col(user)), table::seen_at.eq(At(now))))
            .collect();
        let store = self.clone();
        macro_rules! upsert {
            ($rows:expr, $conn:ident) => {
                insert_into(table::table)
                    .values($rows)
                    .on_conflict(table::user_id)
                    .do_update()
                    .set(table::seen_at.eq(excluded(table::seen_at)))
                    .execute($conn)
                    .await?
            };
        }
        detached(async move {
            on!(
                store,
                transaction,
                |pg| {
                    upsert!(rows, pg);
                    Ok(())
                },
                |lite| {
                    for row in rows {
                        upsert!(row, lite);
                    }
                    Ok(())
                }
            )
        })
        .await
    }

    /// Those of `users` that were here after `since`.
    pub(crate) async fn seen_since(
        &self,
        users: &[UserId],
        since: Timestamp,
    ) -> Result<Vec<UserId>, StoreError> {
        let ids: Vec<_> = users.iter().copied().map(Col).collect();
        let query = table::table
            .filter(table::user_id.eq_any(ids))
            .filter(table::seen_at.gt(At(since)))
            .select(table::user_id);
        let rows: Vec<Col<UserId>> = on!(self, read, |conn| query.load(conn))?;
        Ok(rows.into_iter().map(|user| user.0).collect())
    }
}
