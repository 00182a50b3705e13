//! Asynchronous work.

use async_trait::async_trait;

use crate::{BoxError, JobId, Timestamp};

/// A job as its worker sees it.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(worker: &dyn Worker) -> Result<(), BoxError> {
/// let (id, payload) = (JobId(SystemClock.new_id()), serde_json::json!({ "name": "Ann" }));
/// let job = Job { id, kind: worker.kind().into(), key: "ann".into(), payload, attempt: 1 };
/// worker.perform(&job).await?;
/// worker.perform(&Job { attempt: 2, ..job }).await?; // a process died: the effect is there already
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What is to be done; chooses the worker.
    pub kind: String,
    /// Unique within its kind for as long as the job is kept, so that enqueueing twice does once.
    pub key: String,
    /// What the worker needs to know.
    pub payload: serde_json::Value,
    /// 1 for the first attempt.
    pub attempt: u32,
}

/// Does one kind of job.
///
/// A job is performed **at least once**: a process may die after the effect and before the job is marked
/// done. A worker therefore makes its effect idempotent.
///
/// # Example
/// ```
/// use async_trait::async_trait;
/// use engine_interfaces::{BoxError, Clock, Job, PutOff, SystemClock, Worker};
///
/// struct Greet;
///
/// #[async_trait]
/// impl Worker for Greet {
///     fn kind(&self) -> &'static str {
///         "example.greet"
///     }
///
///     async fn perform(&self, job: &Job) -> Result<(), BoxError> {
///         let name = job.payload["name"].as_str().ok_or("a greeting has a name")?;
///         if name == "nobody" {
///             let until = SystemClock.now().plus(std::time::Duration::from_secs(60));
///             return Err(PutOff { until }.into()); // no failure: later
///         }
///         println!("Hello, {name}"); // twice, where a process dies now
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait Worker: Send + Sync {
    /// The kind that it does.
    fn kind(&self) -> &'static str;

    /// How many of its jobs run at once in a process, at least 1; `None` where the runner's number is good.
    fn concurrency(&self) -> Option<usize> {
        None
    }

    /// Does the job. An error puts it off; after the last attempt it is dead, and kept. [`PutOff`] says when
    /// instead, and is no failure.
    async fn perform(&self, job: &Job) -> Result<(), BoxError>;
}

/// What a worker gives as the error of a job that is to be done later, where the worker knows when: the
/// attempt counts as none, so that how often a job is put off is the worker's to bound.
///
/// # Example
/// ```
/// use engine_interfaces::{BoxError, PutOff, Timestamp};
///
/// let error: BoxError = PutOff { until: Timestamp::EPOCH }.into();
/// let put_off: Option<&PutOff> = error.downcast_ref(); // how a runner tells it from a failure
/// assert_eq!(put_off.map(|it| it.until), Some(Timestamp::EPOCH));
/// assert_eq!(error.to_string(), "put off until 1970-01-01T00:00:00.000000Z");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("put off until {until}")]
pub struct PutOff {
    /// Not before.
    pub until: Timestamp,
}
