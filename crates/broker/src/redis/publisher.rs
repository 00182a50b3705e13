//! What goes to Redis: messages as they are announced, controls and whispers from a queue each.

use std::sync::Arc;

use engine_interfaces::{BrokerError, Control, GroupMessage, Hint, Slot, Topic, Whisper};
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
use crate::meters::{REDIS, WHISPERS_DROPPED};

/// How many controls or whispers go out at once.
const AT_ONCE: usize = 128;

/// The one connection of this process on which it publishes.
pub(super) struct Publisher {
    settings: Arc<RedisSettings>,
    /// None while Redis is away.
    link: watch::Receiver<Option<Link>>,
    controls: mpsc::Sender<Control>,
    whispers: mpsc::Sender<Whisper>,
    task: JoinHandle<()>,
}

impl Publisher {
    /// Begins to connect, and returns once connected or after the timeout: it goes on by itself.
    pub(super) async fn start(dialer: Arc<Dialer>, settings: Arc<RedisSettings>) -> Self {
        let (state, mut link) = watch::channel(None);
        let (controls, waiting_controls) = mpsc::channel(settings.controls.max(1));
        let (whispers, waiting_whispers) = mpsc::channel(settings.whispers.max(1));
        let queues = Queues { controls: waiting_controls, whispers: waiting_whispers };
        let task = tokio::spawn(keep(dialer, Arc::clone(&settings), state, queues));
        let _ = tokio::time::timeout(settings.timeout, link.wait_for(Option::is_some)).await;
        Self { settings, link, controls, whispers, task }
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
        let hint = serde_json::to_vec(&Hint::of(message))?;
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

    /// Queues without waiting. While Redis is away there is nobody to tell, and later it is no longer true.
    pub(super) fn whisper(&self, whisper: Whisper) {
        if !self.is_up() || self.whispers.try_send(whisper).is_err() {
            WHISPERS_DROPPED.increment(1);
        }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What waits to be sent.
struct Queues {
    controls: mpsc::Receiver<Control>,
    whispers: mpsc::Receiver<Whisper>,
}

/// Keeps a connection and sends what waits, until the publisher is dropped.
async fn keep(
    dialer: Arc<Dialer>,
    settings: Arc<RedisSettings>,
    state: watch::Sender<Option<Link>>,
    mut queues: Queues,
) {
    let control_channel = settings.control_channel();
    let mut controls = Vec::with_capacity(AT_ONCE);
    let mut whispers = Vec::with_capacity(AT_ONCE);
    loop {
        let link = dialer.insist(|| dialer.dial(|_| Heard::Fine)).await;
        tracing::info!("publishing to Redis");
        state.send_replace(Some(link.clone()));
        let mut lost = std::pin::pin!(link.lost());
        loop {
            tokio::select! {
                biased;
                () = &mut lost => break,
                count = queues.controls.recv_many(&mut controls, AT_ONCE) => {
                    if count == 0 {
                        return; // the publisher is gone
                    }
                    let controls = controls.drain(..);
                    let controls =
                        controls.map(|control| (control_channel.clone(), serde_json::to_vec(&control)));
                    if let Err(error) = send(&link, controls).await {
                        REDIS.controls_dropped.increment(count as u64);
                        tracing::debug!(%error, "controls were not sent");
                    }
                }
                count = queues.whispers.recv_many(&mut whispers, AT_ONCE) => {
                    if count == 0 {
                        return; // the publisher is gone
                    }
                    let whispers = whispers.drain(..).map(|whisper| {
                        (settings.channel(Slot::of(whisper.group_id)), serde_json::to_vec(&whisper))
                    });
                    if let Err(error) = send(&link, whispers).await {
                        WHISPERS_DROPPED.increment(count as u64);
                        tracing::debug!(%error, "whispers were not sent");
                    }
                }
            }
        }
        state.send_replace(None);
        tracing::warn!("Redis is away: nothing is published until it is back");
    }
}

/// Publishes each on its channel.
async fn send(
    link: &Link,
    events: impl Iterator<Item = (String, serde_json::Result<Vec<u8>>)>,
) -> RedisResult<()> {
    let mut batch = Batch::on(&link.connection);
    for (channel, event) in events {
        // It is made of ids and counters: there is always JSON for it.
        if let Ok(text) = event {
            batch.publish(&channel, &text);
        }
    }
    batch.execute().await
}
