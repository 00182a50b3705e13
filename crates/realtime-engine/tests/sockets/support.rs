//! A server over engines of its own, and clients that talk to it.

mod clients;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use auth_engine::{AuthEngine, factories::user};
use broker::LocalBroker;
use chat_engine::{ChatEngine, factories::GroupFactory};
use engine_interfaces::{
    Authentication, Chat, Dependencies, Dependency, Draft, GroupId, Identity, Session, SystemClock, Token,
    UserId,
};
use notification_engine::{NotificationEngine, UnsubscribeKeys};
use realtime_engine::{RealtimeEngine, Settings};
use serde_json::{Value, json};
use test_support::TestDatabase;
use tokio::{
    net::TcpListener,
    sync::oneshot,
    task::{JoinHandle, JoinSet},
};
use user_resources::UserResourcesEngine;

pub(crate) use clients::{Client, Clients};

/// A server, and the engines under it.
pub(crate) struct Server {
    pub(crate) auth: Arc<AuthEngine>,
    pub(crate) chat: Arc<ChatEngine>,
    pub(crate) url: String,
    pub(crate) clients: Clients,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
    _databases: [TestDatabase; 4],
}

/// It depends on nothing that could be away.
struct Alone;

#[async_trait]
impl Dependencies for Alone {
    async fn states(&self) -> BTreeMap<&'static str, Dependency> {
        BTreeMap::new()
    }
}

/// Somebody with an account.
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) token: String,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let databases = [
            TestDatabase::sqlite(auth_engine::MIGRATIONS).await,
            TestDatabase::sqlite(chat_engine::MIGRATIONS).await,
            TestDatabase::sqlite(user_resources::MIGRATIONS).await,
            TestDatabase::sqlite(notification_engine::MIGRATIONS).await,
        ];
        let [auth, chat, resources, notifications] = databases.each_ref().map(TestDatabase::database);
        let broker = LocalBroker::default();
        let clock = Arc::new(SystemClock);
        let auth = AuthEngine::new(
            auth_engine::Store::over(auth),
            Arc::new(broker.clone()),
            clock.clone(),
            auth_engine::factories::keys(),
            auth_engine::factories::settings(),
        )
        .await
        .unwrap();
        let chat = ChatEngine::new(
            chat_engine::Store::over(chat),
            Arc::new(broker.clone()),
            Arc::new(UserResourcesEngine::over(resources)),
        );
        let store = notification_engine::Store::over(notifications);
        let presence = NotificationEngine::new(store, clock.clone(), UnsubscribeKeys::new(&["key"]));
        // No balancer has to notice.
        let settings = Settings { drain_notice: Duration::ZERO, ..settings };
        let engine = RealtimeEngine::new(
            auth.clone(),
            chat.clone(),
            Arc::new(broker),
            presence,
            Arc::new(Alone),
            clock,
            settings,
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(async move {
            let shutdown = async { drop(stopped.await) };
            engine.serve(listener, shutdown).await.unwrap();
        });
        Self {
            auth,
            chat,
            url,
            clients: Clients::start().await,
            stop: Some(stop),
            serving,
            _databases: databases,
        }
    }

    /// Somebody new.
    pub(crate) async fn person(&self) -> Person {
        let Session { user, token, .. } = user(self.auth.as_ref()).create().await;
        Person { id: user.id, token: token.expose().to_owned() }
    }

    /// A group to be made by somebody.
    pub(crate) fn group(&self, owner: &Person) -> GroupFactory {
        chat_engine::factories::group(&self.chat).owner(owner.id)
    }

    /// Sends through the engine, as a request over HTTP does.
    pub(crate) async fn send(&self, person: &Person, group: GroupId, count: usize) {
        for number in 0..count {
            let draft = Draft::new(person.id, group, format!("{number}"));
            self.chat.send_message(draft).await.unwrap();
        }
    }

    /// The same, many at once.
    pub(crate) async fn send_many(&self, person: &Person, group: GroupId, count: usize) {
        const AT_ONCE: usize = 100;
        let mut sends = JoinSet::new();
        for number in 0..count {
            if sends.len() == AT_ONCE {
                sends.join_next().await.unwrap().unwrap();
            }
            let draft = Draft::new(person.id, group, format!("{number}"));
            let chat = Arc::clone(&self.chat);
            sends.spawn(async move { drop(chat.send_message(draft).await.unwrap()) });
        }
        sends.join_all().await;
    }

    /// A client that is let in.
    pub(crate) async fn connect(&self, person: &Person) -> Client {
        self.connect_over("websocket", person, json!({})).await
    }

    pub(crate) async fn connect_over(&self, transport: &str, person: &Person, have: Value) -> Client {
        let auth = json!({ "token": person.token, "have": have });
        let client = self.open(json!({ "auth": auth, "transports": [transport] })).await;
        assert_eq!(client.wait_for("connect").await, transport);
        client
    }

    /// A client with these options of socket.io-client.
    pub(crate) async fn open(&self, options: Value) -> Client {
        self.clients.open(&self.url, options).await
    }

    /// What the token of somebody says.
    pub(crate) async fn token_of(&self, person: &Person) -> Token {
        let identity: Identity = self.auth.authenticate_token(&person.token).await.unwrap();
        identity.token.unwrap()
    }

    /// Shuts down, and waits until it has.
    pub(crate) async fn stop(&mut self) {
        drop(self.stop.take());
        (&mut self.serving).await.unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
