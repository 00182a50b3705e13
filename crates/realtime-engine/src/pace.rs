//! How much may be done in a second.

use tokio::time::Instant;

/// A bucket that fills as time goes by, up to what may be done in a second.
pub(crate) struct Pace {
    per_second: f64,
    left: f64,
    at: Instant,
}

impl Pace {
    /// A full one.
    pub(crate) fn new(per_second: u32, now: Instant) -> Self {
        let per_second = f64::from(per_second);
        Self { per_second, left: per_second, at: now }
    }

    /// May it be done now? It may cost more than is left: then the next one has to wait for that too.
    pub(crate) fn allows(&mut self, now: Instant, cost: usize) -> bool {
        let elapsed = now.duration_since(self.at).as_secs_f64();
        self.at = now;
        self.left = (self.left + elapsed * self.per_second).min(self.per_second);
        let allowed = self.left >= 1.0;
        if allowed {
            self.left -= cost as f64;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn events_come_as_fast_as_allowed_and_no_faster() {
        let start = Instant::now();
        let mut pace = Pace::new(10, start);
        for (later, allowed) in [(0, 10), (500, 5), (60_000, 10)] {
            let now = start + Duration::from_millis(later);
            assert_eq!((0..30).filter(|_| pace.allows(now, 1)).count(), allowed);
        }
    }

    #[test]
    fn what_costs_more_than_is_left_is_paid_for_afterwards() {
        let start = Instant::now();
        let mut pace = Pace::new(10, start);
        let mut allows = |seconds, cost| pace.allows(start + Duration::from_secs(seconds), cost);
        assert!(allows(0, 35));
        assert!(!allows(2, 1));
        assert!(allows(3, 1));
    }
}
