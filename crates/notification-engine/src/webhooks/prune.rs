//! Tidies up, by the clock.

use std::collections::HashSet;

use async_trait::async_trait;
use engine_interfaces::{BoxError, Job, Worker};

use super::WebhookEngine;

/// Forgets old deliveries, gives up those that nobody has a job for, and ends the web hooks of groups that are
/// gone.
pub(crate) struct PruneWebhooks {
    engine: WebhookEngine,
}

impl PruneWebhooks {
    pub(crate) const KIND: &'static str = "notifications.prune_webhooks";

    pub(crate) fn new(engine: WebhookEngine) -> Self {
        Self { engine }
    }

    async fn end_those_of_missing_groups(&self, chunk: i64) -> Result<(), BoxError> {
        let WebhookEngine { store, chat, .. } = &self.engine;
        let mut last = None;
        loop {
            let groups = store.groups_with_webhooks(last, chunk).await?;
            let Some(end) = groups.last() else { return Ok(()) };
            last = Some(*end);
            let there: HashSet<_> = chat.heads(&groups).await?.iter().map(|head| head.group_id).collect();
            for group in groups.into_iter().filter(|group| !there.contains(group)) {
                self.engine.forget_group(group).await?;
            }
        }
    }
}

#[async_trait]
impl Worker for PruneWebhooks {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn perform(&self, _: &Job) -> Result<(), BoxError> {
        let WebhookEngine { store, clock, settings, .. } = &self.engine;
        let (now, chunk) = (clock.now(), i64::from(settings.chunk.max(1)));
        self.end_those_of_missing_groups(chunk).await?;
        // A delivery that waits for its web hook to be good again still says when it was first to be tried.
        let lost = now.minus(settings.give_up_after.saturating_mul(2));
        while store.abandon_deliveries(lost, now, chunk).await? > 0 {}
        while store.prune_deliveries(now.minus(settings.keep), chunk).await? > 0 {}
        Ok(())
    }
}
