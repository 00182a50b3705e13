//! Connections to Redis: made, watched, and made again.

use std::{sync::Arc, time::Duration};

use engine_interfaces::BrokerError;
use redis::{
    AsyncConnectionConfig, Client, ErrorKind, IntoConnectionInfo, ProtocolVersion, PushInfo, PushKind,
    RedisError, RedisResult,
    aio::{MultiplexedConnection, SendError},
};
use tokio::{
    sync::Notify,
    time::{Instant, MissedTickBehavior, interval_at},
};

use super::RedisSettings;

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
    client: Client,
    timeout: Duration,
    ping_every: Duration,
    retry_first: Duration,
    retry_most: Duration,
}

impl Dialer {
    /// Connects to nothing yet.
    pub(super) fn new(url: &str, settings: &RedisSettings) -> RedisResult<Self> {
        let info = url.into_connection_info()?;
        // Only RESP3 carries what is heard and what is asked on one connection.
        let resp3 = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        // A hint never waits for the next one to fill a packet.
        let prompt = info.tcp_settings().clone().set_nodelay(true);
        Ok(Self {
            client: Client::open(info.set_redis_settings(resp3).set_tcp_settings(prompt))?,
            timeout: settings.timeout,
            ping_every: settings.ping_every,
            retry_first: settings.retry_first,
            retry_most: settings.retry_most,
        })
    }

    /// Connects once. `hear` is called with each push of the server; it must not wait.
    pub(super) async fn dial(&self, hear: impl Fn(PushInfo) + Send + Sync + 'static) -> RedisResult<Link> {
        let gone = Arc::new(Notify::new());
        let tell = Arc::clone(&gone);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout))
            .set_push_sender(move |push: PushInfo| {
                match push.kind {
                    PushKind::Disconnection => tell.notify_one(),
                    _ => hear(push),
                }
                Ok::<(), SendError>(())
            });
        Ok(Link {
            connection: self.client.get_multiplexed_async_connection_with_config(&config).await?,
            gone,
            ping_every: self.ping_every,
        })
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

/// One connection, which may be lost.
#[derive(Clone)]
pub(super) struct Link {
    /// For commands; clones share the one connection.
    pub(super) connection: MultiplexedConnection,
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
                _ = ping.tick() => if self.ping().await.is_err() { return },
            }
        }
    }

    async fn ping(&self) -> Result<(), RedisError> {
        redis::cmd("PING").exec_async(&mut self.connection.clone()).await
    }
}
