//! Repairs hints: what was stored and not announced is announced again.

use std::sync::Arc;

use engine_interfaces::{BoxError, Outage, Seq, SweepShare, Timestamp, Topic};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::{context::Context, meters::METERS, store::OutboxRange};

/// How many ranges are read at once.
const RANGES_AT_ONCE: usize = 100;

/// The task that repairs hints.
pub(crate) struct Sweep {
    context: Context,
    /// Which part of it is this process's; none: all, and no ring needs what is kept.
    share: Option<Arc<dyn SweepShare>>,
}

impl Sweep {
    pub(crate) fn new(context: &Context, share: Option<Arc<dyn SweepShare>>) -> Self {
        Self { context: context.clone(), share }
    }

    /// Sweeps at every interval until `stop` is cancelled.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut tick = tokio::time::interval(self.context.settings.sweep_interval);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let outage = Outage::default();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            match self.once().await {
                Ok(()) if outage.ends() => tracing::info!("hints are repaired again"),
                Err(error) if outage.begins() => {
                    tracing::warn!(error = error.as_ref(), "hints can't be repaired: they are tried again");
                }
                _ => {}
            }
        }
    }

    /// Announces what is old enough, oldest first, and forgets what was announced long ago.
    async fn once(&self) -> Result<(), BoxError> {
        let topics = self.share.as_ref().map(|share| share.topics());
        if topics.as_ref().is_some_and(Vec::is_empty) {
            return Ok(());
        }
        let is_ours = |range: &OutboxRange| {
            topics.as_ref().is_none_or(|topics| topics.contains(&Topic::of_group(range.group)))
        };
        let Context { store, clock, settings, .. } = &self.context;
        let now = clock.now();
        let until = now.minus(settings.republish_after);
        let mut after = None;
        loop {
            let page = store.unpublished(until, after, RANGES_AT_ONCE as i64).await?;
            if after.is_none() {
                let lag = page.first().map(|oldest| now.since(oldest.cursor().stored_at));
                METERS.outbox_lag.set(lag.unwrap_or_default().as_secs_f64());
            }
            let ours: Vec<_> = page.iter().map(|stored| stored.range).filter(is_ours).collect();
            for range in &ours {
                self.announce(range).await?;
            }
            if !ours.is_empty() {
                store.mark_published(&ours, clock.now()).await?;
            }
            after = page.last().map(|stored| stored.cursor());
            if page.len() < RANGES_AT_ONCE {
                break;
            }
        }
        store.prune_published(self.forgettable().await?).await?;
        Ok(())
    }

    /// What was announced before this is needed by nobody, or has waited too long.
    async fn forgettable(&self) -> Result<Timestamp, BoxError> {
        let Context { clock, settings, .. } = &self.context;
        let (old, too_old) =
            (clock.now().minus(settings.keep_published), clock.now().minus(settings.keep_unhandled));
        let Some(share) = &self.share else {
            return Ok(old);
        };
        let needed = share.needed_since().await?;
        Ok(needed.map_or(too_old, |needed| old.min(needed).max(too_old)))
    }

    async fn announce(&self, range: &OutboxRange) -> Result<(), BoxError> {
        let messages = self.context.store.log(range.group, Seq(range.first - 1), range.count()).await?;
        let messages: Vec<_> = messages.into_iter().map(Arc::new).collect();
        self.context.broker.announce(&messages).await?;
        METERS.hints_repaired.increment(messages.len() as u64);
        Ok(())
    }
}
