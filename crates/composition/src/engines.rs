//! The engines over their stores.

use std::{sync::Arc, time::Duration};

use api_engine::{ApiEngine, PageFile};
use auth_engine::{AuthEngine, Keys, StartError};
use broker::{Lag, RingParts};
use chat_engine::ChatEngine;
use database::Database;
use engine_interfaces::{
    BoxError, Broker, Clock, Dependencies, RingLag, SystemClock, TopicHandler, UserResources,
};
use jobs::{Every, Runner};
use notification_engine::{
    Digests, NotificationEngine, SendDigests, UnsubscribeKeys, WebhookEngine, WebhookSettings,
};
use realtime_engine::RealtimeEngine;
use user_resources::UserResourcesEngine;

use crate::{Stores, dependencies::Dependent, settings::Mailing};

/// The web client, where the build has it.
const PAGE: [PageFile; web_client::FILES.len()] = {
    let mut page = [PageFile { path: "", bytes: &[], packed: &[] }; web_client::FILES.len()];
    let mut at = 0;
    while at < page.len() {
        let web_client::File { path, bytes, packed } = web_client::FILES[at];
        page[at] = PageFile { path, bytes, packed };
        at += 1;
    }
    page
};

/// Does the API serve the web client at `/`?
pub const HAS_PAGE: bool = !PAGE.is_empty();

/// The engines of one process.
pub struct Engines {
    /// Users, passwords, tokens.
    pub auth: Arc<AuthEngine>,
    /// Groups, memberships, messages.
    pub chat: Arc<ChatEngine>,
    /// What reaches people who are away.
    pub notifications: Arc<NotificationEngine>,
    /// What a user has in other engines.
    pub resources: Arc<dyn UserResources>,
    /// Groups' messages, posted to receivers elsewhere.
    pub webhooks: Arc<WebhookEngine>,
    digests: Option<Digests>,
    clock: Arc<dyn Clock>,
    broker: Arc<dyn Broker>,
    stores: Stores,
}

impl Engines {
    /// Starts the engines over migrated stores.
    ///
    /// # Errors
    /// When a store is away, or the keys do not fit what is stored.
    pub async fn start(
        stores: Stores,
        broker: Arc<dyn Broker>,
        keys: Keys,
        auth: auth_engine::Settings,
        chat: chat_engine::Settings,
        webhooks: WebhookSettings,
    ) -> Result<Self, BoxError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let unsubscribe = UnsubscribeKeys::new(&keys.passwords.derive("unsubscribe"));
        let auth = AuthEngine::new(
            auth_engine::Store::over(stores.auth.clone()),
            broker.clone(),
            clock.clone(),
            keys,
            auth,
        )
        .await
        .map_err(with_cure)?;
        let resources: Arc<dyn UserResources> =
            Arc::new(UserResourcesEngine::over(stores.user_resources.clone()).with_clock(clock.clone()));
        let chat = ChatEngine::with(
            chat_engine::Store::over(stores.chat.clone()),
            broker.clone(),
            resources.clone(),
            auth.clone(),
            clock.clone(),
            chat,
        );
        let store = notification_engine::Store::over(stores.notifications.clone());
        let notifications = NotificationEngine::new(store.clone(), clock.clone(), unsubscribe);
        let webhooks = Arc::new(WebhookEngine::new(store, chat.clone(), clock.clone(), webhooks)?);
        Ok(Self { auth, chat, notifications, resources, webhooks, digests: None, clock, broker, stores })
    }

    /// Sends mail too, where there is a way to.
    #[must_use]
    pub fn mailing(mut self, mailing: Option<Mailing>) -> Self {
        let digests = |Mailing { mail, digests }| {
            Digests::new(&self.notifications, self.chat.clone(), self.auth.clone(), mail, digests)
        };
        self.digests = mailing.map(digests);
        self
    }

    /// The HTTP API over them.
    #[must_use]
    pub fn api(&self, settings: api_engine::Settings) -> ApiEngine {
        ApiEngine {
            authentication: self.auth.clone(),
            accounts: self.auth.clone(),
            chat: self.chat.clone(),
            notifications: self.notifications.clone(),
            webhooks: self.webhooks.clone(),
            dependencies: self.serving(),
            clock: self.clock.clone(),
            page: &PAGE,
            settings,
        }
    }

    /// Real time over them.
    #[must_use]
    pub fn realtime(&self, settings: realtime_engine::Settings) -> RealtimeEngine {
        RealtimeEngine::new(
            self.auth.clone(),
            self.chat.clone(),
            self.broker.clone(),
            self.notifications.clone(),
            self.serving(),
            self.clock.clone(),
            settings,
        )
    }

    /// What the leaders of topics do with the messages.
    #[must_use]
    pub fn handlers(&self) -> Vec<Arc<dyn TopicHandler>> {
        let mut handlers = self.chat.handlers();
        let jobs = || Arc::new(self.stores.rings(self.clock.clone()));
        handlers.push(self.webhooks.handler(jobs()));
        handlers.extend(self.digests.iter().map(|digests| digests.handler(jobs())));
        handlers
    }

    /// What a ring works with.
    #[must_use]
    pub fn ring_parts(&self) -> RingParts {
        RingParts {
            terms: Arc::new(self.stores.rings(self.clock.clone())),
            kept: self.chat.clone(),
            handlers: self.handlers(),
            clock: self.clock.clone(),
        }
    }

    /// Whether the rings have come to what was stored, where the clocks of the processes differ by less than
    /// `clock_skew`: see [`broker::RingSettings`]. Nothing, in one process.
    #[must_use]
    pub fn ring_lag(&self, clock_skew: Duration) -> Arc<dyn RingLag> {
        let terms = Arc::new(self.stores.rings(self.clock.clone()));
        Arc::new(Lag::new(terms, self.chat.clone(), clock_skew))
    }

    /// What the API and real time depend on.
    #[must_use]
    pub fn serving(&self) -> Arc<dyn Dependencies> {
        self.dependencies(false)
    }

    /// What the workers depend on: every store that has jobs.
    #[must_use]
    pub fn working(&self) -> Arc<dyn Dependencies> {
        self.dependencies(true)
    }

    fn dependencies(&self, works: bool) -> Arc<dyn Dependencies> {
        let needed = |name: &str| works || !matches!(name, "notifications" | "jobs");
        let stores = self.stores().into_iter().map(|(name, store)| (name, store, needed(name)));
        Arc::new(Dependent { stores: stores.collect(), broker: self.broker.clone() })
    }

    /// Each store by its engine's name.
    pub(crate) fn stores(&self) -> Vec<(&'static str, Database)> {
        let Stores { auth, chat, user_resources, notifications, jobs } = self.stores.clone();
        vec![
            ("auth", auth),
            ("chat", chat),
            ("user_resources", user_resources),
            ("notifications", notifications),
            ("jobs", jobs),
        ]
    }

    /// Everybody's workers; `lag` as from [`Engines::ring_lag`].
    #[must_use]
    pub fn runner(&self, settings: jobs::Settings, lag: Arc<dyn RingLag>) -> Runner {
        let holders = vec![self.chat.personal_data(Some(lag)), self.notifications.personal_data()];
        let digests = |workers: fn(&Digests) -> _| self.digests.as_ref().map(workers).unwrap_or_default();
        let own = [self.webhooks.workers(), digests(Digests::workers)].concat();
        let caused = [vec![self.webhooks.deliverer()], digests(Digests::ring_workers)].concat();
        let runner = Runner::new(self.clock.clone(), self.stores.jobs.clone(), settings)
            .queue("auth", self.stores.auth.clone(), self.auth.workers(holders))
            .queue("chat", self.stores.chat.clone(), self.chat.workers())
            .queue("notifications", self.stores.notifications.clone(), own)
            .ring_workers(caused)
            .cron(auth_engine::PruneRevocations::KIND, Every::Hour)
            .cron(WebhookEngine::PRUNE, Every::Hour)
            .cron(auth_engine::PruneExports::KIND, Every::Hour);
        match &self.digests {
            Some(_) => runner.cron(SendDigests::KIND, Every::Minute),
            None => runner,
        }
    }
}

pub(crate) fn with_cure(error: StartError) -> BoxError {
    match error {
        StartError::PasswordKey { .. } => {
            format!("PASSWORD_KEY: {error}; name that key in PASSWORD_KEY or PASSWORD_KEYS_OLD").into()
        }
        other => other.into(),
    }
}
