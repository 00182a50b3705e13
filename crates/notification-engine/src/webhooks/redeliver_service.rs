//! Trying a delivery again.

use std::sync::Arc;

use engine_interfaces::{DeliveryId, GroupId, WebhookId, WebhooksError};

use super::{DeliveryJob, WebhookEngine, engine::unavailable};
use crate::store::DeliveryKey;

/// Tries a delivery again.
pub(crate) struct RedeliverService<'a> {
    engine: &'a WebhookEngine,
}

impl<'a> RedeliverService<'a> {
    pub(crate) fn new(engine: &'a WebhookEngine) -> Self {
        Self { engine }
    }

    /// Begins another round: what the rounds before still had to do is void.
    pub(crate) async fn call(
        &self,
        group: GroupId,
        webhook: WebhookId,
        delivery: DeliveryId,
    ) -> Result<(), WebhooksError> {
        let WebhookEngine { store, clock, settings, .. } = self.engine;
        if !settings.enabled {
            return Err(WebhooksError::Off);
        }
        if store.webhook(group, webhook).await.map_err(unavailable)?.is_none() {
            return Err(WebhooksError::WebhookNotFound);
        }
        let (clock, now) = (Arc::clone(clock), clock.now());
        let job = move |seq, round| {
            let key = DeliveryKey { group, webhook, seq };
            DeliveryJob::new(key, round, now).by_engine(clock.as_ref(), delivery)
        };
        let found = store.redeliver(group, webhook, delivery, now, job).await.map_err(unavailable)?;
        if found { Ok(()) } else { Err(WebhooksError::DeliveryNotFound) }
    }
}
