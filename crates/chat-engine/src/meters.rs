//! What this engine measures. `docs/metrics.md` lists it.

use std::sync::LazyLock;

use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};

/// The handles, taken once: the recorder is the process's, and has to be there before the first engine.
pub(crate) static METERS: LazyLock<Meters> = LazyLock::new(Meters::new);

/// What the engine measures, apart from its queues.
pub(crate) struct Meters {
    pub(crate) stored: Counter,
    pub(crate) replayed: Counter,
    pub(crate) conflicts: Counter,
    pub(crate) not_members: Counter,
    pub(crate) failed: Counter,
    pub(crate) announcements: Gauge,
    pub(crate) hints_dropped: Counter,
    pub(crate) hints_repaired: Counter,
    pub(crate) outbox_lag: Gauge,
}

impl Meters {
    fn new() -> Self {
        describe_counter!(
            "parlour_chat_sends_total",
            "Messages that writers were given, by what came of them."
        );
        describe_gauge!(
            "parlour_chat_queue_depth",
            "What waits in a writer's or reader's queue, by queue and its number."
        );
        describe_counter!("parlour_chat_queue_refused_total", "What found its queue full, by queue.");
        describe_histogram!("parlour_chat_batch_size", "How much one statement wrote or asked, by queue.");
        describe_histogram!(
            "parlour_chat_write_duration_seconds",
            "From asking a writer or reader to its answer, by queue; a writer's comes after the commit."
        );
        describe_counter!(
            "parlour_chat_hints_dropped_total",
            "Messages that were not announced at once: the sweep announces them."
        );
        describe_counter!("parlour_chat_hints_repaired_total", "Messages that the sweep announced.");
        describe_gauge!(
            "parlour_chat_outbox_lag_seconds",
            "The age of the oldest message that was not announced in time; 0 where there is none."
        );
        let sends = |outcome| counter!("parlour_chat_sends_total", "outcome" => outcome);
        Self {
            stored: sends("stored"),
            replayed: sends("replayed"),
            conflicts: sends("conflict"),
            not_members: sends("not_member"),
            failed: sends("failed"),
            announcements: depth("announcements", 0),
            hints_dropped: counter!("parlour_chat_hints_dropped_total"),
            hints_repaired: counter!("parlour_chat_hints_repaired_total"),
            outbox_lag: gauge!("parlour_chat_outbox_lag_seconds"),
        }
    }
}

/// What is measured about the queues of one kind of work.
#[derive(Clone)]
pub(crate) struct QueueMeters {
    pub(crate) refused: Counter,
    pub(crate) batch: Histogram,
    pub(crate) duration: Histogram,
}

impl QueueMeters {
    pub(crate) fn new(queue: &'static str) -> Self {
        Self {
            refused: counter!("parlour_chat_queue_refused_total", "queue" => queue),
            batch: histogram!("parlour_chat_batch_size", "queue" => queue),
            duration: histogram!("parlour_chat_write_duration_seconds", "queue" => queue),
        }
    }
}

/// How much waits for one writer of a queue.
pub(crate) fn depth(queue: &'static str, writer: usize) -> Gauge {
    gauge!("parlour_chat_queue_depth", "queue" => queue, "writer" => writer.to_string())
}
