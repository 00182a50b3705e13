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
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// # use engine_interfaces::SystemClock;
/// # use notification_engine::Store;
/// use engine_interfaces::{WebhookDraft, Webhooks, WebhooksError};
/// use notification_engine::{WebhookEngine, WebhookSettings};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), engine_interfaces::BoxError> {
/// # let folder = tempfile::tempdir()?;
/// # let store = Store::sqlite(folder.path().join("notifications.db"))?;
/// # store.migrate().await?;
/// # let (chat, _broker) = chat_engine::factories::engine().await;
/// # let (group, alice) = chat_engine::factories::group(&chat).create().await;
/// # let (group, clock) = (group.id, Arc::new(SystemClock));
/// let webhooks = WebhookEngine::new(store, chat, clock, WebhookSettings::default())?;
/// let draft = |url: &str| WebhookDraft { id: None, url: url.to_owned() };
/// let made = webhooks.create_webhook(alice, group, draft("https://example.com/hook")).await?;
/// assert_eq!(webhooks.list_webhooks(group).await?, [made.webhook]);
///
/// let inside = webhooks.create_webhook(alice, group, draft("http://192.168.1.1/")).await;
/// assert!(matches!(inside, Err(WebhooksError::Invalid(_))), "unless `allowed_networks` has it");
/// # Ok(()) }
/// ```
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
    ///
    /// # Example
    /// ```
    /// use jobs::{Every, Runner};
    /// use notification_engine::{Store, WebhookEngine};
    ///
    /// /// Delivers what topics' leaders cause and what is asked for again, and forgets what is old.
    /// fn with_webhooks(runner: Runner, store: &Store, webhooks: &WebhookEngine) -> Runner {
    ///     runner
    ///         .queue("notifications", store.database().clone(), webhooks.workers())
    ///         .ring_workers(vec![webhooks.deliverer()])
    ///         .cron(WebhookEngine::PRUNE, Every::Hour)
    /// }
    /// ```
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
    ///
    /// # Example
    /// ```
    /// use std::sync::Arc;
    ///
    /// use engine_interfaces::TopicHandler;
    /// use jobs::RingStore;
    /// use notification_engine::WebhookEngine;
    ///
    /// /// For the ring's parts. The jobs count only while the leader's term holds.
    /// fn handlers(webhooks: &WebhookEngine, jobs: RingStore) -> Vec<Arc<dyn TopicHandler>> {
    ///     vec![webhooks.handler(Arc::new(jobs))]
    /// }
    /// ```
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
