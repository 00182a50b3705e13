//! What this crate measures. `docs/metrics.md` lists it.

use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};

use crate::Measures;

/// Says what the metrics mean. The recorder is the process's, and has to be there before the runner.
pub(crate) fn describe() {
    describe_counter!("parlour_jobs_attempts_total", "Attempts to do a job, by kind and what came of them.");
    describe_histogram!("parlour_jobs_attempt_duration_seconds", "How long attempts took, by kind.");
    describe_gauge!("parlour_jobs_depth", "Jobs that wait or are in hand, by queue.");
    describe_gauge!(
        "parlour_jobs_oldest_seconds",
        "For how long the job that waits longest has been due, by queue."
    );
    describe_gauge!("parlour_jobs_dead", "Jobs that failed too often, by queue.");
}

/// The attempts at one kind of job.
#[derive(Clone)]
pub(crate) struct AttemptMeters {
    pub(crate) done: Counter,
    pub(crate) put_off: Counter,
    pub(crate) failed: Counter,
    pub(crate) duration: Histogram,
}

impl AttemptMeters {
    pub(crate) fn new(kind: &'static str) -> Self {
        let attempts =
            |outcome| counter!("parlour_jobs_attempts_total", "kind" => kind, "outcome" => outcome);
        Self {
            done: attempts("done"),
            put_off: attempts("put_off"),
            failed: attempts("failed"),
            duration: histogram!("parlour_jobs_attempt_duration_seconds", "kind" => kind),
        }
    }
}

/// What waits in one copy of the table.
pub(crate) struct QueueMeters {
    depth: Gauge,
    oldest: Gauge,
    dead: Gauge,
}

impl QueueMeters {
    pub(crate) fn new(queue: &'static str) -> Self {
        Self {
            depth: gauge!("parlour_jobs_depth", "queue" => queue),
            oldest: gauge!("parlour_jobs_oldest_seconds", "queue" => queue),
            dead: gauge!("parlour_jobs_dead", "queue" => queue),
        }
    }

    pub(crate) fn set(&self, measured: &Measures) {
        self.depth.set(measured.depth as f64);
        self.oldest.set(measured.oldest.as_secs_f64());
        self.dead.set(measured.dead as f64);
    }
}
