//! The engines, the jobs and a mail server, and a clock that moves as a test says.

use std::{sync::Arc, time::Duration};

use auth_engine::{AuthEngine, factories::user};
use broker::LocalBroker;
use chat_engine::{ChatEngine, factories::GroupFactory};
use database::Migrations;
use engine_interfaces::{
    Authentication, Broker, Chat, Clock, Draft, GroupId, GroupMessage, RingTerms, Term, Topic, TopicHandler,
    UserId, Worker,
};
use jobs::{JobState, RingStore, Store};
use notification_engine::{
    DigestSettings, Digests, Mail, MailServer, NotificationEngine, PublicUrl, Sender, UnsubscribeKeys,
};
use test_support::{FixedClock, SmtpServer, TestDatabase};
use user_resources::UserResourcesEngine;

pub(crate) const HOUR: Duration = Duration::from_secs(60 * 60);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

pub(crate) struct Scene {
    pub(crate) auth: Arc<AuthEngine>,
    pub(crate) chat: Arc<ChatEngine>,
    pub(crate) notifications: Arc<NotificationEngine>,
    pub(crate) digests: Digests,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) smtp: SmtpServer,
    pub(crate) keys: UnsubscribeKeys,
    /// The jobs that leaders cause, and those of the engine.
    pub(crate) queues: [Store; 2],
    handler: Arc<dyn TopicHandler>,
    term: Term,
    _databases: [TestDatabase; 5],
}

/// Somebody with an account.
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) name: String,
}

const MIGRATIONS: [Migrations; 5] = [
    auth_engine::MIGRATIONS,
    chat_engine::MIGRATIONS,
    user_resources::MIGRATIONS,
    notification_engine::MIGRATIONS,
    jobs::MIGRATIONS,
];

/// So short that a test waits for none of them.
pub(crate) fn settings() -> DigestSettings {
    DigestSettings { send_limit: Duration::from_secs(5), ..DigestSettings::default() }
}

/// Where `url` takes mail.
pub(crate) fn mail(url: &str) -> Mail {
    Mail {
        server: MailServer::parse(url).unwrap(),
        from: Sender::parse("Parlour <chat@example.com>").unwrap(),
        public_url: PublicUrl::parse("https://chat.example.com").unwrap(),
    }
}

impl Scene {
    pub(crate) async fn sqlite() -> Self {
        let [auth, chat, resources, notifications, jobs] = MIGRATIONS;
        Self::over([
            TestDatabase::sqlite(auth).await,
            TestDatabase::sqlite(chat).await,
            TestDatabase::sqlite(resources).await,
            TestDatabase::sqlite(notifications).await,
            TestDatabase::sqlite(jobs).await,
        ])
        .await
    }

    pub(crate) async fn postgres() -> Self {
        let [auth, chat, resources, notifications, jobs] = MIGRATIONS;
        Self::over([
            TestDatabase::postgres(auth).await,
            TestDatabase::postgres(chat).await,
            TestDatabase::postgres(resources).await,
            TestDatabase::postgres(notifications).await,
            TestDatabase::postgres(jobs).await,
        ])
        .await
    }

    async fn over(databases: [TestDatabase; 5]) -> Self {
        let [auth, chat, resources, notifications, jobs] = databases.each_ref().map(TestDatabase::database);
        let clock = Arc::new(FixedClock::default());
        let broker: Arc<dyn Broker> = Arc::new(LocalBroker::default());
        let smtp = SmtpServer::start().await;
        let auth = AuthEngine::new(
            auth_engine::Store::over(auth),
            broker.clone(),
            clock.clone(),
            auth_engine::factories::keys(),
            auth_engine::factories::settings(),
        );
        let auth = auth.await.unwrap();
        let resources = Arc::new(UserResourcesEngine::over(resources).with_clock(clock.clone()));
        let chat = ChatEngine::with(
            chat_engine::Store::over(chat),
            broker,
            resources,
            auth.clone(),
            clock.clone(),
            chat_engine::Settings::default(),
        );
        let job_settings = Arc::new(jobs::Settings::default());
        let queue = |database| Store::new(database, clock.clone(), job_settings.clone());
        let queues = [queue(jobs.clone()), queue(notifications.clone())];
        let keys = UnsubscribeKeys::new(&["a key for tests"]);
        let store = notification_engine::Store::over(notifications);
        let notifications = NotificationEngine::new(store, clock.clone(), keys.clone());
        let rings = Arc::new(RingStore::new(jobs, clock.clone()));
        let term = rings.begin(&[Topic(0)], "a test").await.unwrap()[0].term;
        let digests = Digests::new(&notifications, chat.clone(), auth.clone(), mail(&smtp.url()), settings());
        let handler = digests.handler(rings);
        Self {
            auth,
            chat,
            notifications,
            digests,
            clock,
            smtp,
            keys,
            queues,
            handler,
            term,
            _databases: databases,
        }
    }

    /// From now on mail goes elsewhere, or in another way.
    pub(crate) fn mail_by(&mut self, mail: Mail, settings: DigestSettings) {
        self.digests =
            Digests::new(&self.notifications, self.chat.clone(), self.auth.clone(), mail, settings);
    }

    pub(crate) async fn person(&self) -> Person {
        self.person_at("").await
    }

    /// Somebody whose address begins like this.
    pub(crate) async fn person_at(&self, prefix: &str) -> Person {
        let email = format!("{prefix}{}@example.com", self.clock.new_id().simple());
        let session = user(self.auth.as_ref() as &dyn Authentication).email(&email).create().await;
        Person { id: session.user.id, email, name: session.user.name }
    }

    pub(crate) fn group(&self, owner: &Person, name: &str) -> GroupFactory {
        chat_engine::factories::group(&self.chat).owner(owner.id).name(name)
    }

    /// Sends a message, of which the topic's leader hears.
    pub(crate) async fn send(&self, author: &Person, group: GroupId) {
        let sent = self.chat.send_message(Draft::new(author.id, group, "a secret")).await.unwrap();
        self.hear(&[sent.message]).await;
    }

    /// The topic's leader has these messages.
    pub(crate) async fn hear(&self, messages: &[Arc<GroupMessage>]) {
        self.handler.handle(self.term, messages).await.unwrap();
    }

    /// Time goes by, and all jobs are done that are due then.
    pub(crate) async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.work().await;
    }

    /// Does the jobs that are due, and what the clock causes each minute.
    pub(crate) async fn work(&self) {
        let [ring, own] = &self.queues;
        self.do_due(ring, &self.digests.ring_workers()).await;
        own.enqueue("notifications.send_digests", self.clock.new_id().to_string(), &serde_json::Value::Null)
            .await
            .unwrap();
        self.do_due(own, &self.digests.workers()).await;
    }

    async fn do_due(&self, queue: &Store, workers: &[Arc<dyn Worker>]) {
        for worker in workers {
            loop {
                let taken = queue.take(worker.kind(), 10).await.unwrap();
                if taken.is_empty() {
                    break;
                }
                for taken in taken {
                    worker.perform(&taken.job).await.unwrap();
                    assert!(queue.finish(taken.lease).await.unwrap());
                }
            }
        }
    }

    /// How many rows of jobs there are, of both queues.
    pub(crate) async fn job_rows(&self) -> usize {
        let mut rows = 0;
        for queue in &self.queues {
            for state in JobState::ALL {
                let limit = engine_interfaces::Limit::catch_up(1_000).unwrap();
                rows += queue.list(state, limit).await.unwrap().len();
            }
        }
        rows
    }

    /// Whom the mails so far are to.
    pub(crate) async fn recipients(&self) -> Vec<String> {
        let mails = self.smtp.mails().await;
        mails.iter().map(|mail| mail["to"][0].as_str().unwrap().to_owned()).collect()
    }
}
