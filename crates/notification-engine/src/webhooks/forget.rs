//! Forgets what web hooks leave behind.

use async_trait::async_trait;
use database::jobs::NewJob;
use engine_interfaces::{BoxError, Clock, GroupId, Job, JobId, Timestamp, WebhookId, Worker};
use serde::{Deserialize, Serialize};

use super::WebhookEngine;

/// Removes the deliveries of a web hook that was ended, a piece at a time.
pub(crate) struct ForgetWebhook {
    engine: WebhookEngine,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    group_id: GroupId,
    webhook_id: WebhookId,
    /// When it was ended: what was caused later is of another one with the same id.
    ended_at: Timestamp,
}

impl ForgetWebhook {
    const KIND: &'static str = "notifications.forget_webhook";

    pub(crate) fn new(engine: WebhookEngine) -> Self {
        Self { engine }
    }

    pub(crate) fn job(clock: &dyn Clock, group: GroupId, webhook: WebhookId) -> NewJob {
        let (id, now) = (JobId(clock.new_id()), clock.now());
        let payload = Payload { group_id: group, webhook_id: webhook, ended_at: now };
        NewJob::new(id, Self::KIND, id.to_string(), &serde_json::json!(payload), now, now)
    }
}

#[async_trait]
impl Worker for ForgetWebhook {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn perform(&self, job: &Job) -> Result<(), BoxError> {
        let Payload { group_id, webhook_id, ended_at } = serde_json::from_value(job.payload.clone())?;
        let WebhookEngine { store, settings, .. } = &self.engine;
        let chunk = i64::from(settings.chunk.max(1));
        while store.forget_deliveries(group_id, webhook_id, ended_at, chunk).await? {}
        Ok(())
    }
}

impl WebhookEngine {
    /// Ends the web hooks of a group that is gone.
    pub(crate) async fn forget_group(&self, group: GroupId) -> Result<(), BoxError> {
        for stored in self.store.webhooks_of(&[group]).await? {
            let webhook = stored.webhook.id;
            let job = ForgetWebhook::job(self.clock.as_ref(), group, webhook);
            self.store.delete_webhook(group, webhook, job).await?;
        }
        Ok(())
    }
}
