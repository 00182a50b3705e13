//! What this engine measures. `docs/metrics.md` lists it.

use std::{sync::LazyLock, time::Duration};

use metrics::{Counter, counter, describe_counter, describe_histogram, histogram};

/// The handles, taken once: the recorder is the process's, and has to be there before the engine.
pub(crate) static METERS: LazyLock<Meters> = LazyLock::new(Meters::new);

/// What the engine measures.
pub(crate) struct Meters {
    pub(crate) digests: Outcomes<5>,
    pub(crate) deliveries: Outcomes<3>,
}

/// A counter for each of some outcomes.
pub(crate) struct Outcomes<const N: usize>([(&'static str, Counter); N]);

impl<const N: usize> Outcomes<N> {
    /// Counts one of the outcomes.
    pub(crate) fn count(&self, outcome: &str) {
        if let Some((_, counter)) = self.0.iter().find(|(named, _)| *named == outcome) {
            counter.increment(1);
        }
    }
}

impl Meters {
    fn new() -> Self {
        describe_counter!("parlour_digests_total", "Digests that were due, by what came of them.");
        describe_counter!(
            "parlour_webhook_deliveries_total",
            "Attempts to deliver a message to a web hook, by what came of them."
        );
        describe_histogram!(
            "parlour_webhook_attempt_duration_seconds",
            "How long receivers of web hooks took, by what came of it."
        );
        // There from the start; the others come with their outcomes.
        drop(histogram!("parlour_webhook_attempt_duration_seconds", "outcome" => "delivered"));
        let digest =
            |outcome: &'static str| (outcome, counter!("parlour_digests_total", "outcome" => outcome));
        let delivery =
            |outcome| (outcome, counter!("parlour_webhook_deliveries_total", "outcome" => outcome));
        Self {
            digests: Outcomes(["sent", "idle", "refused", "put_off", "given_up"].map(digest)),
            deliveries: Outcomes(["delivered", "put_off", "dead"].map(delivery)),
        }
    }
}

/// An attempt to deliver took so long. Looked up by the outcome's name, which a round trip dwarfs.
pub(crate) fn webhook_attempt(outcome: &'static str, took: Duration) {
    histogram!("parlour_webhook_attempt_duration_seconds", "outcome" => outcome).record(took);
}
