//! A clock that stands still until a test moves it.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use engine_interfaces::{Clock, Timestamp};

/// A clock that stands still until a test moves it. Starts at 2026-01-01.
pub struct FixedClock {
    micros: AtomicI64,
}

impl FixedClock {
    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_micros()).expect("a test's duration fits");
        self.micros.fetch_add(by, Ordering::SeqCst);
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        Self { micros: AtomicI64::new(1_767_225_600_000_000) }
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.micros.load(Ordering::SeqCst)).expect("a test's time is in the calendar")
    }
}
