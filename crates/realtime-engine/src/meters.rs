//! What this engine measures. `docs/metrics.md` lists it.

use std::sync::LazyLock;

use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};

/// The handles, taken once: the recorder is the process's, and has to be there before the first engine.
pub(crate) static METERS: LazyLock<Meters> = LazyLock::new(Meters::new);

/// What the engine measures.
pub(crate) struct Meters {
    pub(crate) connections: Gauge,
    pub(crate) admitted: Counter,
    pub(crate) turned_away: Counter,
    pub(crate) slow_closed: Counter,
    pub(crate) answered: Counter,
    pub(crate) refused: Counter,
    pub(crate) limited: Counter,
    pub(crate) deliveries: Counter,
    pub(crate) delivery_duration: Histogram,
    pub(crate) caught_up: Counter,
    pub(crate) resyncs: Counter,
    pub(crate) repaired_by_log: Counter,
    pub(crate) repaired_by_late_hint: Counter,
    pub(crate) presence: Counter,
    pub(crate) typing: Counter,
    pub(crate) reads: Reads,
}

/// Questions to those who store.
pub(crate) struct Reads {
    pub(crate) revoked_tokens: Counter,
    pub(crate) heads_of: Counter,
    pub(crate) heads: Counter,
    pub(crate) log: Counter,
}

impl Meters {
    fn new() -> Self {
        describe_gauge!("parlour_realtime_connections", "Sockets that are in.");
        describe_counter!("parlour_realtime_connects_total", "Sockets that wanted in, by what came of it.");
        describe_counter!(
            "parlour_realtime_slow_clients_closed_total",
            "Sockets that were closed: too much waited for them."
        );
        describe_counter!(
            "parlour_realtime_events_total",
            "What clients asked over their sockets, by what came of it."
        );
        describe_counter!("parlour_realtime_deliveries_total", "Messages that were given to sockets.");
        describe_histogram!(
            "parlour_realtime_delivery_duration_seconds",
            "From a message's time, just before its commit, until the sockets of its group here were given it: once a message."
        );
        describe_counter!(
            "parlour_realtime_resumes_total",
            "Groups of clients that came back and lacked something, by what was done."
        );
        describe_counter!(
            "parlour_realtime_gaps_repaired_total",
            "Gaps in what was heard, by what closed them."
        );
        describe_counter!("parlour_realtime_store_reads_total", "Questions to the store, by which.");
        describe_counter!(
            "parlour_realtime_watching_events_total",
            "What sockets that have a group open were told of who is there or types, by which."
        );
        let connects = |outcome| counter!("parlour_realtime_connects_total", "outcome" => outcome);
        let events = |outcome| counter!("parlour_realtime_events_total", "outcome" => outcome);
        let resumes = |outcome| counter!("parlour_realtime_resumes_total", "outcome" => outcome);
        let repaired = |by| counter!("parlour_realtime_gaps_repaired_total", "by" => by);
        let watching = |event| counter!("parlour_realtime_watching_events_total", "event" => event);
        let reads = |question| counter!("parlour_realtime_store_reads_total", "question" => question);
        Self {
            connections: gauge!("parlour_realtime_connections"),
            admitted: connects("admitted"),
            turned_away: connects("turned_away"),
            slow_closed: counter!("parlour_realtime_slow_clients_closed_total"),
            answered: events("answered"),
            refused: events("refused"),
            limited: events("limited"),
            deliveries: counter!("parlour_realtime_deliveries_total"),
            delivery_duration: histogram!("parlour_realtime_delivery_duration_seconds"),
            caught_up: resumes("caught_up"),
            resyncs: resumes("resync"),
            repaired_by_log: repaired("log"),
            repaired_by_late_hint: repaired("late_hint"),
            presence: watching("presence"),
            typing: watching("typing"),
            reads: Reads {
                revoked_tokens: reads("revoked_tokens"),
                heads_of: reads("heads_of"),
                heads: reads("heads"),
                log: reads("log"),
            },
        }
    }
}
