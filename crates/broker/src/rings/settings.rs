//! The limits of a ring.

use std::time::Duration;

/// The limits of a ring.
///
/// # Example
/// ```
/// use broker::RingSettings;
///
/// let small = RingSettings { batch: 50, ..RingSettings::default() };
/// assert!(small.renew < small.lease);
/// ```
#[derive(Debug, Clone)]
pub struct RingSettings {
    /// The most messages of a topic that are handled at once. 250.
    pub batch: usize,
    /// How long a leader that found nothing waits before it reads again. 200 ms.
    pub idle: Duration,
    /// How long it waits when it found something, so that more gathers for the next time. 100 ms.
    pub busy: Duration,
    /// How often it is written down how far the work is, while there is some. 1 s.
    pub advance_every: Duration,
    /// How often the same is written while there is none. 30 s.
    pub rest_every: Duration,
    /// How long a leader that answers no more is waited for. 2 s.
    pub lease: Duration,
    /// How often a leader shows that it lives; well below `lease`. 400 ms.
    pub renew: Duration,
    /// How long a worker that could not begin a term leaves leading to others. 3 s.
    pub unfit: Duration,
    /// How long a worker keeps a topic that another was too late for, before it offers it to that one again. 5 s.
    pub offer_again: Duration,
    /// How long to wait after a failure, the first time; each further one doubles it. 200 ms.
    pub retry_first: Duration,
    /// How long to wait after a failure, at most. 10 s.
    pub retry_most: Duration,
    /// How often a message may fail by itself, while its handler does well otherwise, before it is passed over. 8.
    pub attempts: u32,
    /// By how much the clocks of processes may differ: what happened so close to each other has no order. 5 s;
    /// nothing within one process.
    pub clock_skew: Duration,
    /// How many messages of a topic wait for a ring within this process; what comes on top is read from the
    /// store. 10,000.
    pub queue: usize,
    /// How long messages in hand may take when a ring is told to stop. 5 s.
    pub drain: Duration,
}

impl Default for RingSettings {
    fn default() -> Self {
        Self {
            batch: 250,
            idle: Duration::from_millis(200),
            busy: Duration::from_millis(100),
            advance_every: Duration::from_secs(1),
            rest_every: Duration::from_secs(30),
            lease: Duration::from_secs(2),
            renew: Duration::from_millis(400),
            unfit: Duration::from_secs(3),
            offer_again: Duration::from_secs(5),
            retry_first: Duration::from_millis(200),
            retry_most: Duration::from_secs(10),
            attempts: 8,
            clock_skew: Duration::from_secs(5),
            queue: 10_000,
            drain: Duration::from_secs(5),
        }
    }
}

impl RingSettings {
    /// The waits between one attempt and the next.
    pub(crate) fn pauses(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        let most = self.retry_most;
        std::iter::successors(Some(self.retry_first.min(most)), move |pause| Some((*pause * 2).min(most)))
    }
}
