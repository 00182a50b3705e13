//! Every limit of digests, by name.

use std::time::Duration;

/// Every limit of digests, by name.
///
/// # Example
/// ```
/// use std::time::Duration;
///
/// use notification_engine::DigestSettings;
///
/// let daily = DigestSettings { interval: Duration::from_secs(24 * 60 * 60), ..DigestSettings::default() };
/// assert!(daily.away_after < daily.after, "who was here a moment ago has seen it");
/// ```
#[derive(Debug, Clone)]
pub struct DigestSettings {
    /// A user gets at most one digest in so long; at least a second.
    pub interval: Duration,
    /// How long a message has been unread when it is told of.
    pub after: Duration,
    /// Who was here so recently is told of nothing: they see it themselves. Well above the time between two
    /// marks of real time.
    pub away_after: Duration,
    /// Members that one step of the walk through a group reads; at most 1,000.
    pub members_a_step: usize,
    /// Digests that one worker takes at once; at most 100.
    pub batch: usize,
    /// Mails that one worker hands over at the same time.
    pub concurrency: usize,
    /// The longest that handing over one mail may take.
    pub send_limit: Duration,
    /// How long a digest that was taken is left alone; above what a whole batch may take.
    pub lease: Duration,
    /// How often a digest is tried. After the last time the user waits for the next one.
    pub max_attempts: i64,
    /// How long a digest waits after its first failure; twice as long after each further one.
    pub backoff: Duration,
    /// The longest that a failed digest waits.
    pub backoff_limit: Duration,
    /// How long nothing is sent to somebody whose address was refused.
    pub refused_pause: Duration,
    /// Groups that a mail names; the rest is counted.
    pub named_groups: usize,
}

impl Default for DigestSettings {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(60 * 60),
            after: Duration::from_secs(15 * 60),
            away_after: Duration::from_secs(60),
            members_a_step: 1_000,
            batch: 32,
            concurrency: 8,
            send_limit: Duration::from_secs(30),
            lease: Duration::from_secs(5 * 60),
            max_attempts: 10,
            backoff: Duration::from_secs(60),
            backoff_limit: Duration::from_secs(60 * 60),
            refused_pause: Duration::from_secs(7 * 24 * 60 * 60),
            named_groups: 20,
        }
    }
}

impl DigestSettings {
    /// How long a digest waits after its `attempt`th failure.
    pub(super) fn backoff_after(&self, attempt: i64) -> Duration {
        let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(0);
        self.backoff.saturating_mul(2_u32.saturating_pow(doublings)).min(self.backoff_limit)
    }
}
