//! What comes from Redis: one subscription and the connection of its own.

use std::{convert::Infallible, sync::Arc};

use async_trait::async_trait;
use engine_interfaces::{BrokerError, Control, Delivery, Follow, Hint, Slot, Subscription};
use redis::{FromRedisValue, Msg, PushInfo, PushKind, RedisResult};
use tokio::{sync::Mutex, task::JoinHandle};

use super::{
    RedisSettings,
    link::{Dialer, Heard, Link, LinkError},
};
use crate::{
    inbox::{InboxSender, inbox},
    meters::REDIS,
    slots::Slots,
};

/// Subscribes, and returns once that is confirmed. Where Redis is away the subscription is given all the
/// same: it goes on trying, and tells of the gap.
pub(super) async fn subscribe(dialer: Arc<Dialer>, settings: Arc<RedisSettings>) -> Subscription {
    let (sender, inbox) = inbox(settings.queue);
    let ear = Arc::new(Ear { control: settings.control_channel(), slots: Slots::none(), inbox: sender });
    let subscriber = Arc::new(Subscriber { dialer, settings, ear, link: Mutex::default() });
    let link = subscriber.attach().await.ok();
    let task = tokio::spawn(keep(Arc::clone(&subscriber), link));
    Subscription { follow: Arc::new(RedisFollow { subscriber, task }), deliveries: Box::new(inbox) }
}

struct Subscriber {
    dialer: Arc<Dialer>,
    settings: Arc<RedisSettings>,
    ear: Arc<Ear>,
    /// None while Redis is away. Locked while Redis is asked, so that what is followed and what was asked for
    /// agree, and requests keep their order.
    link: Mutex<Option<Link>>,
}

/// What is to be heard, and where it goes.
struct Ear {
    /// The channel of what is no message.
    control: String,
    /// What is followed, now or when Redis is back.
    slots: Slots,
    inbox: InboxSender,
}

impl Subscriber {
    /// Connects and subscribes to all that is to be heard.
    async fn attach(&self) -> RedisResult<Link> {
        let ear = Arc::clone(&self.ear);
        let link = self.dialer.dial(move |push| ear.hear(push)).await?;
        let mut current = self.link.lock().await;
        let slots = self.ear.slots.followed().map(|slot| self.settings.channel(slot));
        let channels: Vec<_> = slots.chain([self.settings.control_channel()]).collect();
        link.connection.subscribe(&channels).await?;
        *current = Some(link.clone());
        Ok(link)
    }
}

/// Keeps the subscription alive until its deliveries are dropped.
async fn keep(subscriber: Arc<Subscriber>, link: Option<Link>) {
    tokio::select! {
        () = subscriber.ear.inbox.closed() => (),
        never = heal(&subscriber, link) => match never {},
    }
    *subscriber.link.lock().await = None;
}

/// Connects again whenever the connection is lost, and then tells of the gap.
async fn heal(subscriber: &Subscriber, mut link: Option<Link>) -> Infallible {
    loop {
        if let Some(link) = link {
            link.lost().await;
            *subscriber.link.lock().await = None;
        }
        tracing::warn!("Redis is away: nothing is heard until it is back");
        link = Some(subscriber.dialer.insist(|| subscriber.attach()).await);
        tracing::info!("hearing from Redis");
        subscriber.ear.inbox.push(Delivery::Gap);
    }
}

impl Ear {
    /// Puts what Redis pushed into the inbox.
    fn hear(&self, push: PushInfo) -> Heard {
        if push.kind == PushKind::SUnsubscribe {
            return self.unsubscribed(&push);
        }
        // Confirmations are pushes too, and no messages.
        let Some(message) = Msg::from_push_info(push) else {
            return Heard::Fine;
        };
        let text = message.get_payload_bytes();
        let delivery = if message.get_channel_name() == self.control {
            serde_json::from_slice(text).map(|control: Control| Delivery::Control(control))
        } else {
            serde_json::from_slice(text)
                .map(|hint: Hint| Delivery::Messages(vec![hint.into_message()]))
                .or_else(|_| serde_json::from_slice(text).map(Delivery::Whisper))
        };
        match delivery {
            Ok(delivery @ Delivery::Whisper(_)) => self.inbox.push_aside(delivery),
            Ok(delivery) => self.inbox.push(delivery),
            // The error would quote the text.
            Err(_) => REDIS.malformed.increment(1),
        }
        Heard::Fine
    }

    /// A Cluster's node hears a channel no more: it was asked to, or the channel's slot has moved elsewhere.
    fn unsubscribed(&self, push: &PushInfo) -> Heard {
        let channel = push.data.first().and_then(|channel| String::from_redis_value_ref(channel).ok());
        let channel = channel.unwrap_or_default();
        let slot = channel.rsplit(':').next().and_then(|slot| slot.parse().ok());
        let followed = slot.map_or(channel == self.control, |slot| self.slots.contains(Slot(slot)));
        if followed { Heard::Loss } else { Heard::Fine }
    }
}

struct RedisFollow {
    subscriber: Arc<Subscriber>,
    task: JoinHandle<()>,
}

#[async_trait]
impl Follow for RedisFollow {
    /// After an error the slot is followed as soon as Redis is back, and a gap tells of that.
    async fn follow(&self, slot: Slot) -> Result<(), BrokerError> {
        let mut current = self.subscriber.link.lock().await;
        self.subscriber.ear.slots.set(slot, true);
        if self.subscriber.ear.inbox.is_closed() {
            return Ok(());
        }
        let link = current.as_ref().ok_or(LinkError::Away)?;
        let asked = link.connection.subscribe(&[self.subscriber.settings.channel(slot)]).await;
        asked.map_err(|error| {
            give_up(&mut current);
            LinkError::from(error).into()
        })
    }

    async fn unfollow(&self, slot: Slot) {
        let mut current = self.subscriber.link.lock().await;
        self.subscriber.ear.slots.set(slot, false);
        let Some(link) = current.as_ref() else {
            return;
        };
        let asked = link.connection.unsubscribe(&self.subscriber.settings.channel(slot)).await;
        if asked.is_err() {
            give_up(&mut current);
        }
    }
}

/// A connection that failed once may have missed something: another takes its place.
fn give_up(current: &mut Option<Link>) {
    if let Some(link) = current.take() {
        link.give_up();
    }
}

impl Drop for RedisFollow {
    fn drop(&mut self) {
        self.task.abort();
    }
}
