//! The limits and names of a `RedisBroker`.

use std::time::Duration;

use engine_interfaces::{Slot, Topic};

/// The limits and names of a [`RedisBroker`](crate::RedisBroker).
///
/// # Example
/// ```
/// use broker::RedisSettings;
///
/// /// A second installation on the same server: its processes neither hear nor lead those of the first.
/// fn staging() -> RedisSettings {
///     RedisSettings { prefix: "staging".to_owned(), ..RedisSettings::default() }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// What the names of all channels and streams begin with. Every process of one installation has the
    /// same.
    pub prefix: String,
    /// How many messages and controls wait for one subscriber; what comes on top is dropped, and the
    /// subscriber is told of a gap.
    pub queue: usize,
    /// How many controls wait to be sent; what comes on top is dropped.
    pub controls: usize,
    /// How many whispers wait to be sent; what comes on top is dropped.
    pub whispers: usize,
    /// About how many entries a topic's stream keeps.
    pub topic_length: usize,
    /// How long connecting may take, and each answer of Redis.
    pub timeout: Duration,
    /// How often a connection that is idle is asked whether it still lives.
    pub ping_every: Duration,
    /// How long to wait before connecting again, the first time; each failure doubles it.
    pub retry_first: Duration,
    /// How long to wait before connecting again, at most.
    pub retry_most: Duration,
}

impl Default for RedisSettings {
    fn default() -> Self {
        Self {
            prefix: "routing".to_owned(),
            queue: 4_096,
            controls: 1_024,
            whispers: 1_024,
            topic_length: 10_000,
            timeout: Duration::from_secs(1),
            ping_every: Duration::from_secs(5),
            retry_first: Duration::from_millis(50),
            retry_most: Duration::from_millis(500),
        }
    }
}

impl RedisSettings {
    /// The channel of what is no message.
    pub(super) fn control_channel(&self) -> String {
        format!("{}:control", self.prefix)
    }

    /// The channel of a slot's messages.
    pub(super) fn channel(&self, slot: Slot) -> String {
        format!("{}:{}", self.prefix, slot.0)
    }

    /// The stream of a topic.
    pub(super) fn stream(&self, topic: Topic) -> String {
        format!("{}:topic:{}", self.prefix, topic.0)
    }

    /// The lease on a topic: on a Cluster it lies where the stream does.
    pub(super) fn lease(&self, topic: Topic) -> String {
        format!("{{{}}}:leader", self.stream(topic))
    }

    /// The workers that live.
    pub(super) fn workers(&self) -> String {
        format!("{}:workers", self.prefix)
    }
}
