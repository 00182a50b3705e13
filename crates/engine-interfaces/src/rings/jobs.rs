//! What a leader causes.

use async_trait::async_trait;

use super::Term;
use crate::{BoxError, Timestamp, Traceparent};

/// A job that a topic's leader causes.
///
/// # Example
/// ```
/// use engine_interfaces::{RingJob, Timestamp, Traceparent};
/// use serde_json::json;
///
/// let trace: Traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap();
/// let (kind, payload, run_at) = ("search.index", json!({ "id": 42 }), Timestamp::EPOCH);
/// let job = RingJob { kind, key: "42".into(), payload, run_at }.in_trace(Some(trace));
/// assert_eq!(job.payload["id"], 42);
/// assert_eq!(Traceparent::of_payload(&job.payload), Some(trace));
/// ```
#[derive(Debug, Clone)]
pub struct RingJob {
    /// What is to be done; chooses the worker.
    pub kind: &'static str,
    /// Unique within its kind, so that enqueueing twice does once.
    pub key: String,
    /// What the worker needs to know.
    pub payload: serde_json::Value,
    /// Not before.
    pub run_at: Timestamp,
}

impl RingJob {
    /// As a part of this trace.
    #[must_use]
    pub fn in_trace(mut self, trace: Option<Traceparent>) -> Self {
        if let Some(trace) = trace {
            trace.put_into(&mut self.payload);
        }
        self
    }
}

/// Why a leader's jobs were not enqueued.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(jobs: &dyn RingJobs, term: Term, caused: Vec<RingJob>) -> Result<(), RingJobsError> {
/// match jobs.enqueue(term, caused).await {
///     Err(RingJobsError::TermEnded) => println!("another leads the topic, and causes them"),
///     answer => answer?,
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
pub enum RingJobsError {
    /// Another leads the topic: what this one does has no effect any more.
    #[error("the term has ended")]
    TermEnded,
    /// The store failed.
    #[error("the jobs are unavailable")]
    Unavailable(#[source] BoxError),
}

/// Enqueues what leaders cause.
///
/// # Example
/// ```
/// use std::{collections::HashMap, sync::Mutex};
///
/// use async_trait::async_trait;
/// use engine_interfaces::{RingJob, RingJobs, RingJobsError, Term};
///
/// /// Keeps what was caused in a term, for a test.
/// struct Caused(Term, Mutex<HashMap<(&'static str, String), RingJob>>);
///
/// #[async_trait]
/// impl RingJobs for Caused {
///     async fn enqueue(&self, term: Term, jobs: Vec<RingJob>) -> Result<(), RingJobsError> {
///         if term != self.0 {
///             return Err(RingJobsError::TermEnded);
///         }
///         let mut caused = self.1.lock().unwrap();
///         for job in jobs {
///             caused.entry((job.kind, job.key.clone())).or_insert(job); // what is there stays
///         }
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait RingJobs: Send + Sync {
    /// Adds the jobs that are not there yet, all or nothing, where `term` still holds.
    async fn enqueue(&self, term: Term, jobs: Vec<RingJob>) -> Result<(), RingJobsError>;
}
