//! The broker between processes, on a Redis server or a Redis Cluster.

mod address;
mod connection;
mod facts;
mod link;
mod publisher;
mod ring;
mod settings;
mod subscriber;

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use engine_interfaces::{
    BoxError, Broker, BrokerError, Control, GroupMessage, Position, Subscription, Topic, Whisper,
};

use self::{
    address::Address,
    link::{Dialer, LinkError},
    publisher::Publisher,
    ring::lags,
};
use crate::{
    meters::REDIS,
    rings::{RingParts, RingSettings, Shared},
};

pub use facts::RedisFacts;
pub use ring::{RedisRing, StreamLag};
pub use settings::RedisSettings;

/// Carries hints between processes, over a Redis server or a Redis Cluster.
///
/// Redis may be away at any time, from the start on: announcing fails at once, controls wait in a bounded
/// queue, and everything heals by itself. A subscription that lost its connection is told of the gap once
/// it hears again all that it follows.
///
/// - A message goes to `routing:{slot of its group}` for those who follow now, and into the stream
///   `routing:topic:{topic of its author}` for the rings of workers.
/// - A whisper goes to `routing:{slot of its group}` too.
/// - A control goes to `routing:control`.
///
/// On a Cluster the channels are sharded ones. Where a node dies or a slot moves, the subscription is made anew
/// as soon as the Cluster serves all slots again.
///
/// # Example
/// ```
/// # #[cfg(feature = "redis")]
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use broker::{RedisBroker, RedisSettings};
/// use engine_interfaces::Broker;
///
/// let broker = RedisBroker::connect("redis://:password@127.0.0.1:6379/0", RedisSettings::default()).await?;
/// let mut live = broker.subscribe().await?; // goes on by itself where Redis is away
/// # Ok(()) }
/// ```
pub struct RedisBroker {
    dialer: Arc<Dialer>,
    settings: Arc<RedisSettings>,
    publisher: Publisher,
}

/// What was given is no URL of a Redis server.
///
/// # Example
/// ```
/// use broker::{RedisBroker, RedisSettings};
/// use engine_interfaces::Broker;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // The only error at the start. A server that is away is none: it may come back.
/// assert!(RedisBroker::connect("127.0.0.1:6379", RedisSettings::default()).await.is_err(), "it lacks redis://");
/// let away = RedisBroker::connect("redis://127.0.0.1:1", RedisSettings::default()).await?;
/// assert!(!away.is_up());
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
#[error("not the URL of a Redis server or Cluster")]
pub struct RedisUrlError(#[source] BoxError);

impl RedisBroker {
    /// Can `url` be read? Connects to nothing.
    ///
    /// # Errors
    /// When it can't.
    ///
    /// # Example
    /// ```
    /// # #[cfg(feature = "redis")]
    /// # fn example() {
    /// use broker::{RedisBroker, RedisSettings};
    ///
    /// let settings = RedisSettings::default();
    /// assert!(RedisBroker::check("redis+cluster://10.0.0.1:6379,10.0.0.2:6379", &settings).is_ok());
    /// assert!(RedisBroker::check("http://127.0.0.1", &settings).is_err());
    /// # }
    /// # #[cfg(feature = "redis")]
    /// # example();
    /// ```
    pub fn check(url: &str, settings: &RedisSettings) -> Result<(), RedisUrlError> {
        let checked = Dialer::new(url, settings).map(drop);
        checked.map_err(|error| RedisUrlError(error.into()))
    }

    /// Another machine that `url` has spoken to without TLS: whoever is between reads what is announced, and can announce
    /// what nobody wrote. None where `url` can't be read.
    ///
    /// # Example
    /// ```
    /// # #[cfg(feature = "redis")]
    /// # fn example() {
    /// use broker::RedisBroker;
    ///
    /// assert_eq!(RedisBroker::overheard("redis://:password@10.0.0.1:6379").as_deref(), Some("10.0.0.1"));
    /// assert_eq!(RedisBroker::overheard("rediss://:password@10.0.0.1:6380"), None);
    /// assert_eq!(RedisBroker::overheard("redis://127.0.0.1"), None);
    /// # }
    /// # #[cfg(feature = "redis")]
    /// # example();
    /// ```
    #[must_use]
    pub fn overheard(url: &str) -> Option<String> {
        Address::parse(url).ok()?.overheard().map(ToOwned::to_owned)
    }

    /// What the server at `url`, or each master of the Cluster, says of itself.
    ///
    /// # Errors
    /// When `url` can't be read, or Redis is away.
    ///
    /// # Example
    /// ```
    /// # #[cfg(feature = "redis")]
    /// # async fn example() -> Result<(), engine_interfaces::BrokerError> {
    /// use broker::{RedisBroker, RedisSettings};
    ///
    /// for server in RedisBroker::facts("redis://127.0.0.1", &RedisSettings::default()).await? {
    ///     println!("{}, {}", server.version, server.maxmemory_policy);
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn facts(url: &str, settings: &RedisSettings) -> Result<Vec<RedisFacts>, BrokerError> {
        let dialer = Dialer::new(url, settings).map_err(LinkError::from)?;
        facts::facts(&dialer).await.map_err(|error| LinkError::from(error).into())
    }

    /// Connects to the server at `url`, such as `redis://:password@127.0.0.1:6379/0`, or to the Cluster of which it
    /// names some nodes: `redis+cluster://:password@10.0.0.1:6379,10.0.0.2:6379`. Over TLS it is `rediss://` and
    /// `rediss+cluster://`, with a certificate that this machine trusts. Waits for the connection, but no
    /// longer than [`RedisSettings::timeout`]: a server that is away is no error.
    ///
    /// # Errors
    /// When `url` can't be read.
    pub async fn connect(url: &str, settings: RedisSettings) -> Result<Self, RedisUrlError> {
        LazyLock::force(&REDIS);
        let dialer = Dialer::new(url, &settings).map_err(|error| RedisUrlError(error.into()))?;
        let (dialer, settings) = (Arc::new(dialer), Arc::new(settings));
        Ok(Self {
            publisher: Publisher::start(Arc::clone(&dialer), Arc::clone(&settings)).await,
            dialer,
            settings,
        })
    }

    /// This process's part in the rings.
    ///
    /// # Example
    /// ```
    /// # #[cfg(feature = "redis")]
    /// # async fn example(broker: broker::RedisBroker, parts: broker::RingParts, stop: impl Future<Output = ()> + Send) {
    /// use broker::RingSettings;
    ///
    /// let ring = broker.ring(parts, RingSettings::default());
    /// let share = ring.share(); // for ChatEngine::sweep
    /// ring.run(format!("worker-{}", std::process::id()), stop).await;
    /// # }
    /// ```
    #[must_use]
    pub fn ring(&self, parts: RingParts, settings: RingSettings) -> RedisRing {
        RedisRing {
            dialer: Arc::clone(&self.dialer),
            redis: Arc::clone(&self.settings),
            shared: Shared::new(parts, settings),
        }
    }

    /// What waits in each topic's stream behind a position, or at all.
    ///
    /// # Errors
    /// When Redis is away.
    ///
    /// # Example
    /// ```
    /// # async fn example(
    /// #     broker: &broker::RedisBroker, terms: &dyn engine_interfaces::RingTerms,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let led = terms.list().await?;
    /// let read: Vec<_> = led.iter().map(|led| (led.term.topic, led.progress.position.clone())).collect();
    /// for (led, lag) in led.iter().zip(broker.lags(&read).await?) {
    ///     println!("{} is {} messages behind on topic {}", led.leader, lag.entries, led.term.topic.0);
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn lags(&self, topics: &[(Topic, Option<Position>)]) -> Result<Vec<StreamLag>, BrokerError> {
        let lags = lags(&self.dialer, &self.settings, topics).await;
        lags.map_err(|error| LinkError::from(error).into())
    }
}

#[async_trait]
impl Broker for RedisBroker {
    async fn announce(&self, messages: &[Arc<GroupMessage>]) -> Result<(), BrokerError> {
        if messages.is_empty() {
            return Ok(());
        }
        self.publisher.announce(messages).await
    }

    fn control(&self, control: Control) {
        self.publisher.control(control);
    }

    fn whisper(&self, whisper: Whisper) {
        self.publisher.whisper(whisper);
    }

    fn is_up(&self) -> bool {
        self.publisher.is_up()
    }

    async fn subscribe(&self) -> Result<Subscription, BrokerError> {
        Ok(subscriber::subscribe(Arc::clone(&self.dialer), Arc::clone(&self.settings)).await)
    }
}
