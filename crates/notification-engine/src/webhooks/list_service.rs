//! Listing a group's web hooks.

use engine_interfaces::{GroupId, Webhook, WebhooksError};

use super::{WebhookEngine, engine::unavailable};

/// Lists a group's web hooks.
pub(crate) struct ListService<'a> {
    engine: &'a WebhookEngine,
}

impl<'a> ListService<'a> {
    pub(crate) fn new(engine: &'a WebhookEngine) -> Self {
        Self { engine }
    }

    /// All of them: there are few.
    pub(crate) async fn call(&self, group: GroupId) -> Result<Vec<Webhook>, WebhooksError> {
        let found = self.engine.store.webhooks_of(&[group]).await.map_err(unavailable)?;
        Ok(found.into_iter().map(|stored| stored.webhook).collect())
    }
}
