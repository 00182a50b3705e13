//! Web hooks over real engines: a chat whose messages a leader works on, and a runner that does the jobs.

use std::{sync::Arc, time::Duration};

use chat_engine::{Chat, ChatEngine, Draft, factories};
use database::{Database, Location, diesel_async::RunQueryDsl, on};
use diesel::{QueryableByName, sql_query, sql_types::BigInt};
use engine_interfaces::{
    Clock, CreatedWebhook, DeliveryState, GroupId, GroupMessage, Limit, RingTerms, SystemClock, Term, Topic,
    UserId, WebhookDelivery, WebhookDraft, WebhookId, Webhooks,
};
use jobs::{RingStore, Runner};
use notification_engine::{MIGRATIONS, Resolver, Store, SystemResolver, WebhookEngine, WebhookSettings};
use test_support::TestDatabase;
use tokio::{task::JoinHandle, time::timeout};

const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect(what);
}

/// Web hooks over real engines, and a runner at work.
pub(crate) struct Bench {
    pub(crate) chat: Arc<ChatEngine>,
    pub(crate) webhooks: WebhookEngine,
    pub(crate) notifications: Arc<TestDatabase>,
    pub(crate) jobs: Arc<TestDatabase>,
    rings: Arc<RingStore>,
    term: Term,
    runner: JoinHandle<()>,
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.runner.abort();
    }
}

/// Limits that a test has the time for, and leave to reach this machine.
pub(crate) fn settings() -> WebhookSettings {
    WebhookSettings {
        allowed_networks: vec!["127.0.0.1/32".parse().unwrap()],
        connect_timeout: Duration::from_millis(700),
        timeout: Duration::from_secs(1),
        backoff: Duration::from_millis(20),
        backoff_limit: Duration::from_millis(100),
        hold: Duration::from_millis(10),
        hold_limit: Duration::from_millis(50),
        ..WebhookSettings::default()
    }
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(settings()).await
    }

    pub(crate) async fn with(settings: WebhookSettings) -> Self {
        Self::resolving(settings, Arc::new(SystemResolver)).await
    }

    pub(crate) async fn resolving(settings: WebhookSettings, resolver: Arc<dyn Resolver>) -> Self {
        let (chat, _) = factories::engine().await;
        let notifications = Arc::new(TestDatabase::sqlite(MIGRATIONS).await);
        let jobs = Arc::new(TestDatabase::sqlite(jobs::MIGRATIONS).await);
        let rings = RingStore::new(jobs.database(), Arc::new(SystemClock));
        let term = rings.begin(&[Topic(0)], "a test").await.unwrap().remove(0).term;
        Self::over(chat, notifications, jobs, term, settings, resolver)
    }

    /// The same stores, as a process has them that was started with other settings.
    pub(crate) fn restarted(&self, settings: WebhookSettings) -> Self {
        self.runner.abort();
        let (chat, notifications, jobs) = (self.chat.clone(), self.notifications.clone(), self.jobs.clone());
        Self::over(chat, notifications, jobs, self.term, settings, Arc::new(SystemResolver))
    }

    fn over(
        chat: Arc<ChatEngine>,
        notifications: Arc<TestDatabase>,
        jobs: Arc<TestDatabase>,
        term: Term,
        settings: WebhookSettings,
        resolver: Arc<dyn Resolver>,
    ) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = Store::over(notifications.database());
        let webhooks =
            WebhookEngine::with_resolver(store, chat.clone(), clock.clone(), settings, resolver).unwrap();
        let rings = Arc::new(RingStore::new(jobs.database(), clock.clone()));
        let polls = jobs::Settings { poll: Duration::from_millis(5), ..jobs::Settings::default() };
        let runner = Runner::new(clock, jobs.database(), polls)
            .queue("notifications", notifications.database(), webhooks.workers())
            .ring_workers(vec![webhooks.deliverer()]);
        let runner = tokio::spawn(async move { runner.run(std::future::pending()).await.unwrap() });
        Self { chat, webhooks, notifications, jobs, rings, term, runner }
    }

    pub(crate) async fn group(&self) -> (GroupId, UserId) {
        let (group, owner) = factories::group(&self.chat).create().await;
        (group.id, owner)
    }

    /// A web hook of a new group's.
    pub(crate) async fn webhook(&self, url: &str) -> Hooked<'_> {
        let (group, owner) = self.group().await;
        self.webhook_of(group, owner, url).await
    }

    pub(crate) async fn webhook_of(&self, group: GroupId, owner: UserId, url: &str) -> Hooked<'_> {
        let draft = WebhookDraft { id: None, url: url.to_owned() };
        let created = self.webhooks.create_webhook(owner, group, draft).await.unwrap();
        Hooked { bench: self, group, owner, created }
    }

    /// As a topic's leader does.
    pub(crate) async fn lead(&self, messages: &[Arc<GroupMessage>]) {
        let handler = self.webhooks.handler(self.rings.clone());
        handler.handle(self.term, messages).await.unwrap();
    }

    pub(crate) async fn send(&self, group: GroupId, user: UserId, text: &str) -> Arc<GroupMessage> {
        self.chat.send_message(Draft::new(user, group, text)).await.unwrap().message
    }
}

/// A web hook, and who may send to its group.
pub(crate) struct Hooked<'a> {
    bench: &'a Bench,
    pub(crate) group: GroupId,
    pub(crate) owner: UserId,
    pub(crate) created: CreatedWebhook,
}

impl Hooked<'_> {
    pub(crate) fn id(&self) -> WebhookId {
        self.created.webhook.id
    }

    /// Sends a message, and lets a leader work on it.
    pub(crate) async fn send(&self, text: &str) -> Arc<GroupMessage> {
        let message = self.bench.send(self.group, self.owner, text).await;
        self.bench.lead(&[Arc::clone(&message)]).await;
        message
    }

    /// Its deliveries, the newest first.
    pub(crate) async fn deliveries(&self) -> Vec<WebhookDelivery> {
        let most = Limit::page(100).unwrap();
        let page = self.bench.webhooks.list_deliveries(self.group, self.id(), most, None).await;
        page.unwrap().entries
    }

    /// Its newest delivery, once it is in a state.
    pub(crate) async fn until(&self, state: DeliveryState) -> WebhookDelivery {
        let mut newest = None;
        eventually("the delivery comes so far", async || {
            newest = self.deliveries().await.into_iter().next();
            newest.as_ref().is_some_and(|delivery| delivery.state == state)
        })
        .await;
        newest.unwrap()
    }

    /// Its newest delivery, once an attempt of it failed.
    pub(crate) async fn until_failed(&self) -> WebhookDelivery {
        let mut newest = None;
        eventually("an attempt fails", async || {
            newest = self.deliveries().await.into_iter().next();
            newest.as_ref().is_some_and(|delivery| delivery.last_error.is_some())
        })
        .await;
        newest.unwrap()
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

struct Asked {
    database: Database,
}

impl Asked {
    async fn count(&self, query: String) -> i64 {
        let rows: Vec<Count> = on!(self, read, |conn| sql_query(query).load(conn)).unwrap();
        rows[0].count
    }
}

impl Bench {
    /// How many rows of the store a query counts.
    pub(crate) async fn rows(&self, query: &str) -> i64 {
        Asked { database: self.notifications.database() }.count(query.to_owned()).await
    }

    /// How many of this engine's jobs, in either copy, are in a state.
    pub(crate) async fn jobs_in(&self, state: &str) -> i64 {
        let query =
            format!("SELECT count(*) AS count FROM jobs WHERE kind LIKE 'notifications.%' AND {state}");
        let rings = Asked { database: self.jobs.database() }.count(query.clone()).await;
        rings + self.rows(&query).await
    }

    /// Every byte that a SQLite database has written, as text.
    pub(crate) fn everything_in(test: &TestDatabase) -> String {
        let database = test.database();
        let Location::Sqlite { path } = database.location() else { panic!("a file") };
        let files = [path.clone(), format!("{}-wal", path.display()).into()];
        let bytes: Vec<u8> = files.iter().filter_map(|file| std::fs::read(file).ok()).flatten().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
