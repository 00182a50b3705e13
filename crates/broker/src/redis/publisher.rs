//! What goes to Redis: messages as they are announced, controls from a queue.

use std::sync::Arc;

use engine_interfaces::{BrokerError, Control, GroupMessage, Hint, Slot, Topic};
use redis::{RedisResult, streams::StreamMaxlen};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};

use super::{
    RedisSettings,
    connection::Batch,
    link::{Dialer, Heard, Link, LinkError},
};
use crate::meters::REDIS;

/// How many controls go out at once.
const CONTROLS_AT_ONCE: usize = 128;

/// The one connection of this process on which it publishes.
pub(super) struct Publisher {
    settings: Arc<RedisSettings>,
    /// None while Redis is away.
    link: watch::Receiver<Option<Link>>,
    controls: mpsc::Sender<Control>,
    task: JoinHandle<()>,
}

impl Publisher {
    /// Begins to connect, and returns once connected or after the timeout: it goes on by itself.
    pub(super) async fn start(dialer: Arc<Dialer>, settings: Arc<RedisSettings>) -> Self {
        let (state, mut link) = watch::channel(None);
        let (controls, queue) = mpsc::channel(settings.controls.max(1));
        let task = tokio::spawn(keep(dialer, Arc::clone(&settings), state, queue));
        let _ = tokio::time::timeout(settings.timeout, link.wait_for(Option::is_some)).await;
        Self { settings, link, controls, task }
    }

    /// Is there a connection?
    pub(super) fn is_up(&self) -> bool {
        self.link.borrow().is_some()
    }

    /// Publishes to the followers and the rings, in one round trip.
    pub(super) async fn announce(&self, messages: &[Arc<GroupMessage>]) -> Result<(), BrokerError> {
        let link = self.link.borrow().clone().ok_or(LinkError::Away)?;
        let mut batch = Batch::on(&link.connection);
        for message in messages {
            self.add(&mut batch, message).map_err(|error| BrokerError(error.into()))?;
        }
        Ok(batch.execute().await.map_err(LinkError::from)?)
    }

    fn add(&self, batch: &mut Batch, message: &Arc<GroupMessage>) -> serde_json::Result<()> {
        let hint =
            serde_json::to_vec(&Hint::Message { group_id: message.group_id, message: Arc::clone(message) })?;
        let channel = self.settings.channel(Slot::of(message.group_id));
        batch.publish(&channel, &hint);
        if let Some(user) = message.user_id {
            let stream = self.settings.stream(Topic::of_user(user));
            let length = StreamMaxlen::Approx(self.settings.topic_length);
            batch.of(&stream).xadd_maxlen(&stream, length, "*", &[("hint", &hint)]).ignore();
        }
        Ok(())
    }

    /// Queues without waiting.
    pub(super) fn control(&self, control: Control) {
        if self.controls.try_send(control).is_err() {
            REDIS.controls_dropped.increment(1);
        }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Keeps a connection and sends the controls, until the publisher is dropped.
async fn keep(
    dialer: Arc<Dialer>,
    settings: Arc<RedisSettings>,
    state: watch::Sender<Option<Link>>,
    mut queue: mpsc::Receiver<Control>,
) {
    let channel = settings.control_channel();
    let mut controls = Vec::with_capacity(CONTROLS_AT_ONCE);
    loop {
        let link = dialer.insist(|| dialer.dial(|_| Heard::Fine)).await;
        tracing::info!("publishing to Redis");
        state.send_replace(Some(link.clone()));
        let mut lost = std::pin::pin!(link.lost());
        loop {
            tokio::select! {
                () = &mut lost => break,
                count = queue.recv_many(&mut controls, CONTROLS_AT_ONCE) => {
                    if count == 0 {
                        return; // the publisher is gone
                    }
                    if let Err(error) = send(&link, &channel, controls.drain(..)).await {
                        REDIS.controls_dropped.increment(count as u64);
                        tracing::debug!(%error, "controls were not sent");
                    }
                }
            }
        }
        state.send_replace(None);
        tracing::warn!("Redis is away: nothing is published until it is back");
    }
}

async fn send(link: &Link, channel: &str, controls: impl Iterator<Item = Control>) -> RedisResult<()> {
    let mut batch = Batch::on(&link.connection);
    for control in controls {
        // A control is made of ids and counters: there is always JSON for it.
        if let Ok(text) = serde_json::to_vec(&control) {
            batch.publish(channel, &text);
        }
    }
    batch.execute().await
}
