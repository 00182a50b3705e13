//! Ending a web hook.

use engine_interfaces::{GroupId, WebhookId, WebhooksError};

use super::{ForgetWebhook, WebhookEngine, engine::unavailable};

/// Ends a web hook.
pub(crate) struct DeleteService<'a> {
    engine: &'a WebhookEngine,
}

impl<'a> DeleteService<'a> {
    pub(crate) fn new(engine: &'a WebhookEngine) -> Self {
        Self { engine }
    }

    /// Ends it at once; its deliveries are forgotten soon after.
    pub(crate) async fn call(&self, group: GroupId, webhook: WebhookId) -> Result<(), WebhooksError> {
        let job = ForgetWebhook::job(self.engine.clock.as_ref(), group, webhook);
        let deleted = self.engine.store.delete_webhook(group, webhook, job).await.map_err(unavailable)?;
        if deleted { Ok(()) } else { Err(WebhooksError::WebhookNotFound) }
    }
}
