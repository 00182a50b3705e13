//! Does this process want more work?

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Does this process want more work? Every worker thread shares one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readiness {
    draining: Arc<AtomicBool>,
}

impl Readiness {
    /// From now on `/readyz` is red.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Has the end begun?
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }
}
