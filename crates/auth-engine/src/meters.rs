//! What this engine measures. `docs/metrics.md` lists it.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

/// What is measured about passwords.
pub(crate) struct PasswordMeters {
    pub(crate) hashes: Counter,
    pub(crate) refused: Counter,
    pub(crate) depth: Gauge,
}

impl PasswordMeters {
    /// Takes the handles: the recorder has to be there.
    pub(crate) fn new() -> Self {
        describe_counter!("parlour_auth_password_hashes_total", "Passwords that were hashed or checked.");
        describe_counter!(
            "parlour_auth_password_queue_refused_total",
            "Passwords that were not: too many waited."
        );
        describe_gauge!(
            "parlour_auth_password_queue_depth",
            "Passwords that are being hashed or wait for it."
        );
        Self {
            hashes: counter!("parlour_auth_password_hashes_total"),
            refused: counter!("parlour_auth_password_queue_refused_total"),
            depth: gauge!("parlour_auth_password_queue_depth"),
        }
    }
}
