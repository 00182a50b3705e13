//! How far the rings are behind.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use engine_interfaces::{BoxError, KeptMessages, RingLag, RingTerms, SweepShare, Timestamp, Topic};

use super::Shared;

/// Tells whether the rings have come to what was stored, by what they wrote down.
///
/// # Example
/// ```
/// use std::{sync::Arc, time::Duration};
///
/// use broker::Lag;
/// use engine_interfaces::{BoxError, KeptMessages, RingLag, RingTerms, Timestamp, Topic, UserId};
///
/// /// Is all that somebody stored until `at` worked on?
/// async fn is_linked(
///     terms: Arc<dyn RingTerms>, kept: Arc<dyn KeptMessages>, user: UserId, at: Timestamp,
/// ) -> Result<bool, BoxError> {
///     Lag::new(terms, kept, Duration::from_secs(5)).has_handled(Topic::of_user(user), at).await
/// }
/// ```
pub struct Lag {
    terms: Arc<dyn RingTerms>,
    kept: Arc<dyn KeptMessages>,
    clock_skew: Duration,
}

impl Lag {
    /// Where the clocks of processes differ by less than `clock_skew`; see
    /// [`RingSettings`](crate::RingSettings).
    #[must_use]
    pub fn new(terms: Arc<dyn RingTerms>, kept: Arc<dyn KeptMessages>, clock_skew: Duration) -> Self {
        Self { terms, kept, clock_skew }
    }
}

#[async_trait]
impl RingLag for Lag {
    async fn has_handled(&self, topic: Topic, at: Timestamp) -> Result<bool, BoxError> {
        let Some(announced) = self.kept.announced(at.plus(self.clock_skew)).await? else {
            return Ok(false);
        };
        let terms = self.terms.list().await?;
        let caught_up =
            terms.iter().find(|led| led.term.topic == topic).and_then(|led| led.progress.caught_up_at);
        Ok(caught_up.is_some_and(|caught_up| caught_up >= announced.plus(self.clock_skew)))
    }
}

#[async_trait]
impl SweepShare for Shared {
    fn topics(&self) -> Vec<Topic> {
        self.led().into_iter().collect()
    }

    async fn needed_since(&self) -> Result<Option<Timestamp>, BoxError> {
        let terms = self.terms.list().await?;
        if terms.len() < usize::from(Topic::COUNT) {
            return Ok(None);
        }
        // One that never caught up comes first.
        let oldest = terms.iter().map(|led| led.progress.caught_up_at).min().flatten();
        Ok(oldest.map(|oldest| oldest.minus(self.settings.clock_skew)))
    }
}
