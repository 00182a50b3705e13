//! Connections to Redis: made, watched, and made again.

use std::{sync::Arc, time::Duration};

use engine_interfaces::BrokerError;
use redis::{
    AsyncConnectionConfig, Client, ErrorKind, ProtocolVersion, PushInfo, PushKind, RedisError, RedisResult,
    aio::SendError,
    cluster::{ClusterClient, ClusterConfig},
};
use tokio::{
    sync::Notify,
    time::{Instant, MissedTickBehavior, interval_at},
};

use super::{RedisSettings, address::Address, connection::Connection};

/// Why Redis did not do as asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    /// There is no connection now; one is being made.
    #[error("Redis is away")]
    Away,
    /// The connection was lost, or Redis did not answer in time, or refused. A refusal's words may quote
    /// what people wrote, so only its kind is kept.
    #[error("Redis failed: {0:?}")]
    Failed(ErrorKind),
}

impl From<RedisError> for LinkError {
    fn from(error: RedisError) -> Self {
        Self::Failed(error.kind())
    }
}

impl From<LinkError> for BrokerError {
    fn from(error: LinkError) -> Self {
        Self(error.into())
    }
}

/// Makes connections.
pub(super) struct Dialer {
    clients: Clients,
    timeout: Duration,
    ping_every: Duration,
    retry_first: Duration,
    retry_most: Duration,
}

enum Clients {
    Server(Box<Client>),
    Cluster(Box<ClusterClient>),
}

/// How often a command is tried again that a Cluster's node refused or did not take: enough to follow a slot that
/// has moved. What takes longer is told of, and made good by the store.
const CLUSTER_RETRIES: u32 = 2;

impl Dialer {
    /// Connects to nothing yet.
    pub(super) fn new(url: &str, settings: &RedisSettings) -> RedisResult<Self> {
        Ok(Self {
            clients: match Address::parse(url)? {
                Address::Server(server) => Clients::Server(Box::new(Client::open(*server)?)),
                Address::Cluster(nodes) => {
                    let cluster = ClusterClient::builder(nodes)
                        .use_protocol(ProtocolVersion::RESP3)
                        .retries(CLUSTER_RETRIES)
                        .overall_response_timeout(Some(settings.timeout));
                    Clients::Cluster(Box::new(cluster.build()?))
                }
            },
            timeout: settings.timeout,
            ping_every: settings.ping_every,
            retry_first: settings.retry_first,
            retry_most: settings.retry_most,
        })
    }

    /// Connects once. `hear` is called with each push of a server, and must not wait; the connection is given up
    /// when it says that something was lost.
    pub(super) async fn dial(
        &self,
        hear: impl Fn(PushInfo) -> Heard + Send + Sync + 'static,
    ) -> RedisResult<Link> {
        let gone = Arc::new(Notify::new());
        let tell = Arc::clone(&gone);
        let listen = move |push: PushInfo| {
            if push.kind == PushKind::Disconnection || hear(push) == Heard::Loss {
                tell.notify_one();
            }
            Ok::<(), SendError>(())
        };
        let connection = match &self.clients {
            Clients::Server(client) => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(self.timeout))
                    .set_response_timeout(Some(self.timeout))
                    .set_push_sender(listen);
                Connection::Server(client.get_multiplexed_async_connection_with_config(&config).await?)
            }
            Clients::Cluster(client) => {
                let config = ClusterConfig::new()
                    .set_connection_timeout(self.timeout)
                    .set_response_timeout(self.timeout)
                    .set_push_sender(listen);
                Connection::Cluster(client.get_async_connection_with_config(config).await?)
            }
        };
        Ok(Link { connection, gone, ping_every: self.ping_every })
    }

    /// Makes `attempt` until it succeeds, with a longer pause after each failure.
    pub(super) async fn insist<T, F>(&self, attempt: impl Fn() -> F) -> T
    where
        F: Future<Output = RedisResult<T>>,
    {
        let mut pause = self.retry_first;
        loop {
            match attempt().await {
                Ok(made) => return made,
                Err(error) => tracing::debug!(%error, "Redis is still away"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(self.retry_most);
        }
    }
}

/// What a push meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// All is as it was.
    Fine,
    /// Something that is followed is no longer heard on this connection.
    Loss,
}

/// One connection, which may be lost.
#[derive(Clone)]
pub(super) struct Link {
    /// For commands; clones share the one connection.
    pub(super) connection: Connection,
    gone: Arc<Notify>,
    ping_every: Duration,
}

impl Link {
    /// Gives the connection up: whoever waits in [`Self::lost`] hears of it.
    pub(super) fn give_up(&self) {
        self.gone.notify_one();
    }

    /// Returns once the connection is lost: it was closed, given up, or no longer answers.
    pub(super) async fn lost(&self) {
        let mut ping = interval_at(Instant::now() + self.ping_every, self.ping_every);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.gone.notified() => return,
                _ = ping.tick() => if self.connection.ping().await.is_err() { return },
            }
        }
    }
}
