//! Which users are to be written to. A row for each user: whoever is to get a digest, or got one, gets no
//! second one of the same interval.

use database::{
    At, Col, StoreError, detached,
    jobs::{Enqueue, NewJob},
    on,
};
use diesel::{
    ExpressionMethods, QueryDsl, delete, insert_into, query_dsl::methods, update, upsert::excluded,
};
use diesel_async::RunQueryDsl;
use engine_interfaces::{Timestamp, UserId};

use super::{Store, schema::digests as table};

/// A digest that was taken: the right to send it, until its lease runs out and another worker takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Due {
    /// Whose.
    pub(crate) user_id: UserId,
    /// The interval that it is of.
    pub(crate) slot: Timestamp,
    /// How often it was taken. Another taking, another number.
    pub(crate) attempt: i64,
}

/// The row of a digest for as long as nobody else took it.
macro_rules! held {
    ($due:ident) => {
        table::table
            .filter(table::user_id.eq(Col($due.user_id)))
            .filter(table::attempts.eq($due.attempt))
            .filter(table::due_at.is_not_null())
    };
}

impl Store {
    /// Each of `users` is to get a digest of the interval `slot`; but for whoever is to get one already, or
    /// is to be left in peace.
    pub(crate) async fn call_for_digests(
        &self,
        mut users: Vec<UserId>,
        slot: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        users.sort_unstable();
        users.dedup();
        let rows: Vec<_> = users
            .into_iter()
            .map(|user| {
                (
                    table::user_id.eq(Col(user)),
                    table::slot.eq(At(slot)),
                    table::due_at.eq(Some(At(now))),
                    table::attempts.eq(0),
                    table::quiet_until.eq(At(slot)),
                )
            })
            .collect();
        let store = self.clone();
        macro_rules! upsert {
            ($rows:expr, $conn:ident) => {{
                let row =
                    insert_into(table::table).values($rows).on_conflict(table::user_id).do_update().set((
                        table::slot.eq(excluded(table::slot)),
                        table::due_at.eq(excluded(table::due_at)),
                        table::attempts.eq(0),
                        table::last_error.eq(None::<String>),
                    ));
                let row = methods::FilterDsl::filter(row, table::due_at.is_null());
                methods::FilterDsl::filter(row, table::quiet_until.le(At(now))).execute($conn).await?
            }};
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

    /// Enqueues a job of this engine.
    pub(crate) async fn enqueue(&self, job: NewJob) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move { on!(store, write, |conn| conn.enqueue(job)) }).await
    }

    /// Takes up to `limit` digests that are due, the longest due first. Nobody else has them until `until`.
    pub(crate) async fn take_digests(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: i64,
    ) -> Result<Vec<Due>, StoreError> {
        let due = table::table.filter(table::due_at.le(At(now))).order(table::due_at).limit(limit).select((
            table::user_id,
            table::slot,
            table::attempts,
        ));
        let store = self.clone();
        macro_rules! take {
            ($conn:ident, $due:expr) => {{
                let rows: Vec<(Col<UserId>, At, i64)> = $due.load($conn).await?;
                let users: Vec<_> = rows.iter().map(|row| row.0).collect();
                update(table::table.filter(table::user_id.eq_any(users)))
                    .set((table::due_at.eq(At(until)), table::attempts.eq(table::attempts + 1)))
                    .execute($conn)
                    .await?;
                Ok(rows)
            }};
        }
        let rows = detached(async move {
            on!(store, transaction, |pg| take!(pg, due.for_update().skip_locked()), |lite| take!(lite, due))
        })
        .await?;
        let taken = |(user, slot, attempts): (Col<UserId>, At, i64)| Due {
            user_id: user.0,
            slot: slot.0,
            attempt: attempts + 1,
        };
        Ok(rows.into_iter().map(taken).collect())
    }

    /// The digest is settled: no other one before `quiet_until`.
    pub(crate) async fn settle_digest(
        &self,
        due: Due,
        quiet_until: Timestamp,
        error: Option<String>,
    ) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move {
            on!(store, write, |conn| update(held!(due))
                .set((
                    table::due_at.eq(None::<At>),
                    table::quiet_until.eq(At(quiet_until)),
                    table::last_error.eq(error),
                ))
                .execute(conn))
        })
        .await
        .map(drop)
    }

    /// The attempt failed, and there is another one.
    pub(crate) async fn put_off_digest(
        &self,
        due: Due,
        until: Timestamp,
        error: String,
    ) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move {
            on!(store, write, |conn| update(held!(due))
                .set((table::due_at.eq(Some(At(until))), table::last_error.eq(Some(error))))
                .execute(conn))
        })
        .await
        .map(drop)
    }

    /// Gives back a digest that was taken and not begun: it is due, and the attempt does not count.
    pub(crate) async fn release_digest(&self, due: Due, now: Timestamp) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move {
            on!(store, write, |conn| update(held!(due))
                .set((table::due_at.eq(Some(At(now))), table::attempts.eq(table::attempts - 1)))
                .execute(conn))
        })
        .await
        .map(drop)
    }

    /// There is nothing to tell.
    pub(crate) async fn drop_digest(&self, due: Due) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move { on!(store, write, |conn| delete(held!(due)).execute(conn)) }).await.map(drop)
    }
}
