//! The engine as its host sees it.

use std::{
    future::Future,
    sync::{Arc, LazyLock},
};

use engine_interfaces::{Authentication, Broker, BrokerError, Chat, Clock, Dependencies, Presence};
use tokio::{net::TcpListener, task::JoinSet, time};
use tokio_util::sync::CancellationToken;

use crate::{
    meters::METERS,
    node::Node,
    server::{self, Ready},
    settings::Settings,
    stall::StallListener,
    transport::Connections,
};

/// Why real time could not be served.
///
/// # Example
/// ```
/// use std::error::Error;
///
/// use engine_interfaces::BrokerError;
/// use realtime_engine::ServeError;
///
/// let error = ServeError::from(BrokerError("no route to host".into())); // nobody was served yet
/// assert_eq!(error.to_string(), "the bus is away");
/// assert_eq!(error.source().and_then(Error::source).unwrap().to_string(), "no route to host");
/// ```
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The bus could not be subscribed to.
    #[error("the bus is away")]
    Broker(#[from] BrokerError),
}

/// Shows to those who are online what the others store.
///
/// # Example
/// ```
/// # use std::{collections::BTreeMap, sync::Arc};
/// # use auth_engine::{AuthEngine, factories};
/// # use chat_engine::ChatEngine;
/// # use engine_interfaces::{Dependencies, Dependency};
/// # use notification_engine::{NotificationEngine, UnsubscribeKeys};
/// # use test_support::TestDatabase;
/// use broker::LocalBroker;
/// use engine_interfaces::SystemClock;
/// use realtime_engine::{RealtimeEngine, Settings};
/// use tokio::net::TcpListener;
///
/// # struct Alone;
/// # #[async_trait::async_trait]
/// # impl Dependencies for Alone {
/// #     async fn states(&self) -> BTreeMap<&'static str, Dependency> {
/// #         BTreeMap::new()
/// #     }
/// # }
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (dependencies, clock) = (Arc::new(Alone), Arc::new(SystemClock));
/// # let users = TestDatabase::sqlite(auth_engine::MIGRATIONS).await;
/// # let said = TestDatabase::sqlite(chat_engine::MIGRATIONS).await;
/// # let seen = TestDatabase::sqlite(notification_engine::MIGRATIONS).await;
/// let broker = Arc::new(LocalBroker::default()); // on which the other engines tell what they store
/// # let (users, keys) = (auth_engine::Store::over(users.database()), factories::keys());
/// # let auth = AuthEngine::new(users, broker.clone(), clock.clone(), keys, factories::settings()).await?;
/// # let resources = Arc::new(chat_engine::factories::TestResources::default());
/// # let chat = ChatEngine::new(chat_engine::Store::over(said.database()), broker.clone(), resources);
/// # let (store, keys) = (notification_engine::Store::over(seen.database()), UnsubscribeKeys::new(&["secret"]));
/// # let notifications = NotificationEngine::new(store, clock.clone(), keys);
/// let engine =
///     RealtimeEngine::new(auth, chat, broker, notifications, dependencies, clock, Settings::default());
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let shutdown = async {}; // of a service: its signal
/// engine.serve(listener, shutdown).await?; // once its clients were told to come back
/// # Ok(()) }
/// ```
pub struct RealtimeEngine {
    node: Arc<Node>,
    dependencies: Arc<dyn Dependencies>,
}

impl RealtimeEngine {
    /// A server with nobody on it. `/readyz` speaks of `dependencies`.
    #[must_use]
    pub fn new(
        authentication: Arc<dyn Authentication>,
        chat: Arc<dyn Chat>,
        broker: Arc<dyn Broker>,
        presence: Arc<dyn Presence>,
        dependencies: Arc<dyn Dependencies>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Self {
        LazyLock::force(&METERS);
        Self { node: Node::new(authentication, chat, broker, presence, clock, settings), dependencies }
    }

    /// Serves Socket.IO, `/livez` and `/readyz` until `shutdown`. Then `/readyz` turns red, and after
    /// [`Settings::drain_notice`] the clients are told to come back, one after the other; it waits for them for at
    /// most [`Settings::drain`], and returns.
    ///
    /// # Errors
    /// When the bus can't be subscribed to.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let node = &self.node;
        let deliveries = node.bus.subscribe().await?;
        // Dropped, and so ended, with this call.
        let mut tasks = JoinSet::new();
        tasks.spawn(Arc::clone(node).listen(deliveries));
        tasks.spawn(Arc::clone(node).reconcile_heads());
        tasks.spawn(Arc::clone(node).reconcile_sessions());
        tasks.spawn(Arc::clone(node).tell_presence());
        tasks.spawn(Arc::clone(node).watch_expiry());
        tasks.spawn(Arc::clone(node).watch());

        let connections = Connections::new(node);
        tasks.spawn(Arc::clone(&connections).watch());
        let closing = CancellationToken::new();
        let listener = StallListener { listener, limit: node.settings.write_timeout };
        let draining = CancellationToken::new();
        let ready = Ready { dependencies: Arc::clone(&self.dependencies), draining: draining.clone() };
        let router = server::router(&connections, ready);
        let serving = server::serve(listener, router, &node.settings, closing.clone());
        tokio::pin!(serving);
        tokio::select! {
            () = &mut serving => return Ok(()),
            () = shutdown => draining.cancel(),
        }
        tokio::select! {
            () = &mut serving => return Ok(()),
            () = time::sleep(node.settings.drain_notice) => {}
        }
        let drained = async {
            let close = async {
                node.close().await;
                closing.cancel();
            };
            // Served while it closes: whoever polls has to be able to ask for its good-bye.
            tokio::join!(&mut serving, close);
        };
        if time::timeout(node.settings.drain, drained).await.is_err() {
            tracing::warn!("some clients were still there at the end");
        }
        Ok(())
    }
}
