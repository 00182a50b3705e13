//! Repairs hints: what was stored and not announced is announced again.

use std::sync::Arc;

use engine_interfaces::{BoxError, Seq};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::{context::Context, store::OutboxRange};

/// How many ranges are read at once.
const RANGES_AT_ONCE: i64 = 100;

/// The task that repairs hints.
pub(crate) struct Sweep {
    context: Context,
}

impl Sweep {
    pub(crate) fn new(context: &Context) -> Self {
        Self { context: context.clone() }
    }

    /// Sweeps at every interval until `stop` is cancelled.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut tick = tokio::time::interval(self.context.settings.sweep_interval);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            if let Err(error) = self.once().await {
                tracing::warn!(error = error.as_ref(), "hints are not repaired yet");
            }
        }
    }

    /// Announces what is old enough, oldest first, and forgets what was announced long ago.
    async fn once(&self) -> Result<(), BoxError> {
        let Context { store, clock, settings, .. } = &self.context;
        loop {
            let before = clock.now().minus(settings.republish_after);
            let ranges = store.unpublished(before, RANGES_AT_ONCE).await?;
            if ranges.is_empty() {
                break;
            }
            for range in &ranges {
                self.announce(range).await?;
            }
            store.mark_published(&ranges, clock.now()).await?;
        }
        let old = clock.now().minus(settings.keep_published);
        store.prune_published(old).await?;
        Ok(())
    }

    async fn announce(&self, range: &OutboxRange) -> Result<(), BoxError> {
        let count = range.last - range.first + 1;
        let messages = self.context.store.log(range.group, Seq(range.first - 1), count).await?;
        let messages: Vec<_> = messages.into_iter().map(Arc::new).collect();
        self.context.broker.announce(&messages).await?;
        metrics::counter!("parlour_chat_hints_repaired_total").increment(messages.len() as u64);
        Ok(())
    }
}
