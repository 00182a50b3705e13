//! What the rest of the system asks.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use engine_interfaces::{
    BoxError, Chat, Clock, CreatedWebhook, Cursor, DeliveryId, GroupId, Limit, Page, RingJobs, TopicHandler,
    UserId, Webhook, WebhookDelivery, WebhookDraft, WebhookId, Webhooks, WebhooksError, Worker,
};

use super::{
    DeliverWebhook, ForgetWebhook, Resolver, SystemResolver, WebhookSettings, addresses::Addresses,
    client::Client, create_service::CreateService, delete_service::DeleteService,
    deliveries_service::DeliveriesService, gate::Gate, handler::WebhookHandler, list_service::ListService,
    prune::PruneWebhooks, redeliver_service::RedeliverService,
};
use crate::{meters::METERS, store::Store};

/// A group's messages, posted to receivers elsewhere.
#[derive(Clone)]
pub struct WebhookEngine {
    pub(crate) store: Store,
    pub(crate) chat: Arc<dyn Chat>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Arc<WebhookSettings>,
    pub(crate) addresses: Addresses,
    pub(crate) client: Arc<Client>,
    /// One for all of a process's deliveries.
    pub(crate) gate: Arc<Gate>,
}

impl WebhookEngine {
    /// The kind of the job that tidies up: to be caused every hour.
    pub const PRUNE: &'static str = PruneWebhooks::KIND;

    /// Over a migrated store, with the machine's resolver.
    ///
    /// # Errors
    /// When the machine gives no means to make connections.
    pub fn new(
        store: Store,
        chat: Arc<dyn Chat>,
        clock: Arc<dyn Clock>,
        settings: WebhookSettings,
    ) -> Result<Self, BoxError> {
        Self::with_resolver(store, chat, clock, settings, Arc::new(SystemResolver))
    }

    /// With a resolver of your own.
    ///
    /// # Errors
    /// As [`WebhookEngine::new`].
    pub fn with_resolver(
        store: Store,
        chat: Arc<dyn Chat>,
        clock: Arc<dyn Clock>,
        settings: WebhookSettings,
        resolver: Arc<dyn Resolver>,
    ) -> Result<Self, BoxError> {
        let addresses = Addresses::new(&settings.allowed_networks);
        let client = Arc::new(Client::new(&settings, addresses.clone(), resolver)?);
        let gate = Arc::default();
        Ok(Self { store, chat, clock, settings: Arc::new(settings), addresses, client, gate })
    }

    /// Who does the jobs that this engine's store holds.
    #[must_use]
    pub fn workers(&self) -> Vec<Arc<dyn Worker>> {
        vec![
            self.deliverer(),
            Arc::new(ForgetWebhook::new(self.clone())),
            Arc::new(PruneWebhooks::new(self.clone())),
        ]
    }

    /// Who does the jobs that topics' leaders cause. Delivers at a pace of its own.
    #[must_use]
    pub fn deliverer(&self) -> Arc<dyn Worker> {
        LazyLock::force(&METERS);
        Arc::new(DeliverWebhook::new(self.clone()))
    }

    /// What topics' leaders cause deliveries with.
    #[must_use]
    pub fn handler(&self, jobs: Arc<dyn RingJobs>) -> Arc<dyn TopicHandler> {
        Arc::new(WebhookHandler::new(self.clone(), jobs))
    }
}

pub(crate) fn unavailable(error: impl Into<BoxError>) -> WebhooksError {
    WebhooksError::Unavailable(error.into())
}

#[async_trait]
impl Webhooks for WebhookEngine {
    async fn create_webhook(
        &self,
        user: UserId,
        group: GroupId,
        draft: WebhookDraft,
    ) -> Result<CreatedWebhook, WebhooksError> {
        CreateService::new(self).call(user, group, draft).await
    }

    async fn list_webhooks(&self, group: GroupId) -> Result<Vec<Webhook>, WebhooksError> {
        ListService::new(self).call(group).await
    }

    async fn delete_webhook(&self, group: GroupId, webhook: WebhookId) -> Result<(), WebhooksError> {
        DeleteService::new(self).call(group, webhook).await
    }

    async fn list_deliveries(
        &self,
        group: GroupId,
        webhook: WebhookId,
        limit: Limit,
        cursor: Option<&Cursor>,
    ) -> Result<Page<WebhookDelivery>, WebhooksError> {
        DeliveriesService::new(self).call(group, webhook, limit, cursor).await
    }

    async fn redeliver(
        &self,
        group: GroupId,
        webhook: WebhookId,
        delivery: DeliveryId,
    ) -> Result<(), WebhooksError> {
        RedeliverService::new(self).call(group, webhook, delivery).await
    }
}
