//! The engine's own view of its jobs.

use database::{At, StoreError, jobs::jobs, on};
use diesel::{ExpressionMethods, QueryDsl, update};
use diesel_async::RunQueryDsl;
use engine_interfaces::Timestamp;

use super::Store;

impl Store {
    /// Marks a job as done, whose work was done by who enqueued it.
    pub(crate) async fn finish_job(&self, kind: &str, key: &str, now: Timestamp) -> Result<(), StoreError> {
        let job = jobs::table.filter(jobs::kind.eq(kind)).filter(jobs::key.eq(key));
        let done = update(job).set(jobs::done_at.eq(Some(At(now))));
        on!(self, write, |conn| done.execute(conn)).map(drop)
    }
}
