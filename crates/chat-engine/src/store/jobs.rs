//! The engine's own view of its jobs.

use database::{At, StoreError, jobs::jobs, on};
use diesel::{ExpressionMethods, QueryDsl, TextExpressionMethods, delete, update};
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

    /// The keys of the jobs of a kind that are not done, dead ones too, that end so.
    pub(crate) async fn open_keys(&self, kind: &str, ending: &str) -> Result<Vec<String>, StoreError> {
        let open = jobs::table
            .filter(jobs::kind.eq(kind))
            .filter(jobs::done_at.is_null())
            .filter(jobs::key.like(format!("%{ending}")))
            .select(jobs::key);
        on!(self, read, |conn| open.load(conn))
    }

    /// Removes the jobs of a kind, done or not, whose keys end so.
    pub(crate) async fn remove_jobs(&self, kind: &str, ending: &str) -> Result<(), StoreError> {
        let jobs = jobs::table.filter(jobs::kind.eq(kind)).filter(jobs::key.like(format!("%{ending}")));
        on!(self, write, |conn| delete(jobs).execute(conn)).map(drop)
    }
}
