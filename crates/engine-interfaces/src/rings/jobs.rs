//! What a leader causes.

use async_trait::async_trait;

use super::Term;
use crate::{BoxError, Timestamp, Traceparent};

/// A job that a topic's leader causes.
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
#[async_trait]
pub trait RingJobs: Send + Sync {
    /// Adds the jobs that are not there yet, all or nothing, where `term` still holds.
    async fn enqueue(&self, term: Term, jobs: Vec<RingJob>) -> Result<(), RingJobsError>;
}
