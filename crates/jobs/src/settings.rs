//! Every limit of the runner, by name.

use std::time::Duration;

/// Every limit of the runner, by name.
///
/// # Example
/// ```
/// use jobs::Settings;
///
/// // For some nine hours a job is tried again, instead of one.
/// let patient = Settings { max_attempts: 20, ..Settings::default() };
/// assert!(patient.renew * 2 < patient.lease, "one renewal may fail");
/// ```
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a worker that found nothing due waits before it looks again.
    pub poll: Duration,
    /// How long a job that was taken is left alone. When its process dies, it is due again after this. Well
    /// above the difference between the clocks of processes.
    pub lease: Duration,
    /// How often the lease of a running job is renewed; well below `lease`.
    pub renew: Duration,
    /// How many jobs of one kind run at once in this process, at least 1, where its worker does not say. No more
    /// than this are taken.
    pub concurrency: usize,
    /// How often a job is tried before it is dead.
    pub max_attempts: u32,
    /// How long a job waits after its first failure; twice as long after each further one.
    pub backoff: Duration,
    /// The longest that a failed job waits.
    pub backoff_limit: Duration,
    /// How long a job that succeeded is kept; its key is taken for as long.
    pub keep_done: Duration,
    /// How many finished jobs one statement deletes.
    pub prune_batch: i64,
    /// How long jobs in hand may take to finish once the runner is told to stop.
    pub drain: Duration,
    /// How often the gauges are set.
    pub measure: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(200),
            lease: Duration::from_secs(30),
            renew: Duration::from_secs(10),
            concurrency: 4,
            max_attempts: 12,
            backoff: Duration::from_secs(2),
            backoff_limit: Duration::from_secs(60 * 60),
            keep_done: Duration::from_secs(24 * 60 * 60),
            prune_batch: 1_000,
            drain: Duration::from_secs(10),
            measure: Duration::from_secs(15),
        }
    }
}

impl Settings {
    /// How long a job waits after its `attempt`th failure.
    pub(crate) fn backoff_after(&self, attempt: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        self.backoff.saturating_mul(doubled).min(self.backoff_limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_its_limit() {
        let settings = Settings::default();
        assert_eq!(settings.backoff_after(1), Duration::from_secs(2));
        assert_eq!(settings.backoff_after(2), Duration::from_secs(4));
        assert_eq!(settings.backoff_after(11), Duration::from_secs(2_048));
        assert_eq!(settings.backoff_after(12), settings.backoff_limit);
        assert_eq!(settings.backoff_after(u32::MAX), settings.backoff_limit);
    }
}
