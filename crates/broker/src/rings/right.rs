//! Until when this process may take itself for a leader.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

/// Until when this process may take itself for a leader, by its own watch: one that was stopped for a while
/// sees that its time is up before it does anything. What counts in the end is the term.
#[derive(Clone, Default)]
pub(crate) struct Right {
    /// None: always.
    until: Arc<Mutex<Option<Instant>>>,
}

impl Right {
    #[cfg(feature = "redis")]
    pub(crate) fn extend(&self, until: Instant) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }

    pub(crate) fn holds(&self) -> bool {
        self.until.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|until| Instant::now() < until)
    }
}
