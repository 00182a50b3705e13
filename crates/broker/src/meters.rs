//! What this crate measures. `docs/metrics.md` lists it.

use std::sync::LazyLock;

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

/// Deliveries that found no room in a subscriber's queue. Taken once, as all handles: the recorder is the
/// process's, and has to be there before the first broker.
pub(crate) static DROPPED: LazyLock<Counter> = LazyLock::new(|| {
    describe_counter!(
        "parlour_broker_deliveries_dropped_total",
        "Hints that found no room in a subscriber's queue: it compares with the store."
    );
    counter!("parlour_broker_deliveries_dropped_total")
});

/// Whispers that gave way or could not go out.
pub(crate) static WHISPERS_DROPPED: LazyLock<Counter> = LazyLock::new(|| {
    describe_counter!(
        "parlour_broker_whispers_dropped_total",
        "Whispers, of who is there or types, that gave way to messages or found no Redis."
    );
    counter!("parlour_broker_whispers_dropped_total")
});

/// The rings'.
pub(crate) static RINGS: LazyLock<Rings> = LazyLock::new(Rings::new);

/// What the rings measure.
pub(crate) struct Rings {
    pub(crate) led: Gauge,
    pub(crate) lag: Gauge,
    pub(crate) handled: Counter,
    pub(crate) failures: Counter,
    pub(crate) passed_over: Counter,
    pub(crate) recoveries: Counter,
}

impl Rings {
    fn new() -> Self {
        describe_gauge!("parlour_rings_led", "Topics that this process leads.");
        describe_gauge!(
            "parlour_rings_lag_seconds",
            "For how long the slowest topic that this process leads has not been handled to its end."
        );
        describe_counter!("parlour_rings_handled_total", "Messages that every handler had done with.");
        describe_counter!("parlour_rings_failures_total", "Attempts to handle messages that failed.");
        describe_counter!(
            "parlour_rings_passed_over_total",
            "Messages that were given up: they failed again and again, and others did not."
        );
        describe_counter!(
            "parlour_rings_recoveries_total",
            "How often what may have been lost was read again from the store."
        );
        Self {
            led: gauge!("parlour_rings_led"),
            lag: gauge!("parlour_rings_lag_seconds"),
            handled: counter!("parlour_rings_handled_total"),
            failures: counter!("parlour_rings_failures_total"),
            passed_over: counter!("parlour_rings_passed_over_total"),
            recoveries: counter!("parlour_rings_recoveries_total"),
        }
    }
}

/// Redis's.
#[cfg(feature = "redis")]
pub(crate) static REDIS: LazyLock<Redis> = LazyLock::new(Redis::new);

/// What is measured about Redis.
#[cfg(feature = "redis")]
pub(crate) struct Redis {
    pub(crate) malformed: Counter,
    pub(crate) controls_dropped: Counter,
    pub(crate) terms: Counter,
}

#[cfg(feature = "redis")]
impl Redis {
    fn new() -> Self {
        describe_counter!("parlour_broker_hints_malformed_total", "Hints from Redis that could not be read.");
        describe_counter!(
            "parlour_broker_controls_dropped_total",
            "Hints of what is no message that did not go out: others compare with the store."
        );
        describe_counter!("parlour_rings_terms_total", "Topics that this process began to lead.");
        Self {
            malformed: counter!("parlour_broker_hints_malformed_total"),
            controls_dropped: counter!("parlour_broker_controls_dropped_total"),
            terms: counter!("parlour_rings_terms_total"),
        }
    }
}
