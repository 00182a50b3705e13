//! The one shape of a `jobs` table.
//!
//! Each engine that causes asynchronous work has a copy of this table among its own, so that a job commits
//! with what causes it. The migration that makes it is one file, linked into each engine's folder. What
//! takes and finishes jobs is the crate `jobs`.

use diesel::{Insertable, QueryResult, insert_into};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use engine_interfaces::{JobId, Timestamp};

use crate::{At, Col, Lite};

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::sql::{Id, Instant};

    /// Work to be done.
    jobs (id) {
        /// The job's id.
        id -> Id,
        /// What is to be done.
        kind -> Text,
        /// Unique within the kind.
        key -> Text,
        /// JSON for the worker.
        payload -> Text,
        /// Not before. Taking a job moves this past the lease, so that a crash heals by itself.
        run_at -> Instant,
        /// Who has it; changes with every taking.
        lease_id -> Nullable<Id>,
        /// How often it was taken.
        attempts -> BigInt,
        /// Why the last attempt failed, without what clients wrote.
        last_error -> Nullable<Text>,
        /// When it succeeded.
        done_at -> Nullable<Instant>,
        /// When it was given up; such a job is kept.
        dead_at -> Nullable<Instant>,
        /// When it was enqueued.
        created_at -> Instant,
    }
}

/// A job to be enqueued.
///
/// # Example
/// ```
/// use std::time::Duration;
///
/// use database::jobs::NewJob;
/// use engine_interfaces::{Clock, JobId, SystemClock, UserId};
///
/// /// Tomorrow, and once however often they asked: the key is theirs.
/// fn reminder(user: UserId, clock: &dyn Clock) -> NewJob {
///     let (now, payload) = (clock.now(), serde_json::json!({ "user_id": user }));
///     let tomorrow = now.plus(Duration::from_secs(24 * 60 * 60));
///     NewJob::new(JobId(clock.new_id()), "example.remind", user.to_string(), &payload, now, tomorrow)
/// }
/// ```
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = jobs)]
pub struct NewJob {
    id: Col<JobId>,
    kind: &'static str,
    key: String,
    payload: String,
    run_at: At,
    attempts: i64,
    created_at: At,
}

impl NewJob {
    /// A job that runs from `run_at` on. `key` is unique within `kind`. It is a part of the trace in which it is
    /// caused.
    #[must_use]
    pub fn new(
        id: JobId,
        kind: &'static str,
        key: String,
        payload: &serde_json::Value,
        now: Timestamp,
        run_at: Timestamp,
    ) -> Self {
        let payload = match traces::current() {
            None => payload.to_string(),
            Some(trace) => {
                let mut payload = payload.clone();
                trace.put_into(&mut payload);
                payload.to_string()
            }
        };
        Self { id: Col(id), kind, key, payload, run_at: At(run_at), attempts: 0, created_at: At(now) }
    }
}

/// A connection on which jobs can be enqueued, within the transaction that it is in.
///
/// # Example
/// ```
/// use database::{Database, StoreError, jobs::{Enqueue, NewJob}, on};
///
/// struct Store {
///     database: Database,
/// }
///
/// impl Store {
///     /// Whatever else it does: the job commits with it, or neither does.
///     async fn order(&self, job: NewJob) -> Result<(), StoreError> {
///         on!(self, transaction, |conn| {
///             conn.enqueue(job).await?;
///             Ok::<_, StoreError>(())
///         })
///     }
/// }
/// ```
pub trait Enqueue {
    /// Adds `job`, unless there is one of its kind and key already.
    fn enqueue(&mut self, job: NewJob) -> impl Future<Output = QueryResult<()>> + Send;
}

macro_rules! enqueue_on {
    ($connection:ty) => {
        impl Enqueue for $connection {
            async fn enqueue(&mut self, job: NewJob) -> QueryResult<()> {
                insert_into(jobs::table).values(job).on_conflict_do_nothing().execute(self).await.map(drop)
            }
        }
    };
}

enqueue_on!(AsyncPgConnection);
enqueue_on!(Lite);
