//! What comes from Redis: one subscription and the connection of its own.

use std::{collections::BTreeSet, convert::Infallible, sync::Arc};

use async_trait::async_trait;
use engine_interfaces::{BrokerError, Control, Delivery, Follow, Hint, Slot, Subscription};
use redis::{Msg, PushInfo, RedisResult};
use tokio::{sync::Mutex, task::JoinHandle};

use super::{
    RedisSettings,
    link::{Dialer, Link, LinkError},
};
use crate::inbox::{InboxSender, inbox};

/// Subscribes, and returns once that is confirmed. Where Redis is away the subscription is given all the
/// same: it goes on trying, and tells of the gap.
pub(super) async fn subscribe(dialer: Arc<Dialer>, settings: Arc<RedisSettings>) -> Subscription {
    let (sender, inbox) = inbox(settings.queue);
    let subscriber = Arc::new(Subscriber { dialer, settings, inbox: sender, state: Mutex::default() });
    let link = subscriber.attach().await.ok();
    let task = tokio::spawn(keep(Arc::clone(&subscriber), link));
    Subscription { follow: Arc::new(RedisFollow { subscriber, task }), deliveries: Box::new(inbox) }
}

struct Subscriber {
    dialer: Arc<Dialer>,
    settings: Arc<RedisSettings>,
    inbox: InboxSender,
    /// Locked while Redis is asked, so that the two parts agree and requests keep their order.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What is to be heard, now or when Redis is back.
    slots: BTreeSet<Slot>,
    /// None while Redis is away.
    link: Option<Link>,
}

impl State {
    /// A connection that failed once may have missed something: another takes its place.
    fn give_up(&mut self) {
        if let Some(link) = self.link.take() {
            link.give_up();
        }
    }
}

impl Subscriber {
    /// Connects and subscribes to all that is to be heard.
    async fn attach(&self) -> RedisResult<Link> {
        let (control, inbox) = (self.settings.control_channel(), self.inbox.clone());
        let mut link = self.dialer.dial(move |push| hear(push, &control, &inbox)).await?;
        let mut state = self.state.lock().await;
        let slots = state.slots.iter().map(|slot| self.settings.channel(*slot));
        let channels: Vec<_> = slots.chain([self.settings.control_channel()]).collect();
        link.connection.subscribe(&channels).await?;
        state.link = Some(link.clone());
        Ok(link)
    }
}

/// Keeps the subscription alive until its deliveries are dropped.
async fn keep(subscriber: Arc<Subscriber>, link: Option<Link>) {
    tokio::select! {
        () = subscriber.inbox.closed() => (),
        never = heal(&subscriber, link) => match never {},
    }
    subscriber.state.lock().await.link = None;
}

/// Connects again whenever the connection is lost, and then tells of the gap.
async fn heal(subscriber: &Subscriber, mut link: Option<Link>) -> Infallible {
    loop {
        if let Some(link) = link {
            link.lost().await;
            subscriber.state.lock().await.link = None;
        }
        tracing::warn!("Redis is away: nothing is heard until it is back");
        link = Some(subscriber.dialer.insist(|| subscriber.attach()).await);
        tracing::info!("hearing from Redis");
        subscriber.inbox.push(Delivery::Gap);
    }
}

/// Puts what Redis pushed into the inbox.
fn hear(push: PushInfo, control: &str, inbox: &InboxSender) {
    // Confirmations are pushes too, and no messages.
    let Some(message) = Msg::from_push_info(push) else {
        return;
    };
    let text = message.get_payload_bytes();
    let delivery = if message.get_channel_name() == control {
        serde_json::from_slice(text).map(|control: Control| Delivery::Control(control))
    } else {
        serde_json::from_slice(text).map(|Hint::Message { message, .. }| Delivery::Messages(vec![message]))
    };
    match delivery {
        Ok(delivery) => inbox.push(delivery),
        // The error would quote the text.
        Err(_) => metrics::counter!("parlour_broker_hints_malformed_total").increment(1),
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
        let mut state = self.subscriber.state.lock().await;
        state.slots.insert(slot);
        if self.subscriber.inbox.is_closed() {
            return Ok(());
        }
        let link = state.link.as_mut().ok_or(LinkError::Away)?;
        let asked = link.connection.subscribe(self.subscriber.settings.channel(slot)).await;
        asked.map_err(|error| {
            state.give_up();
            LinkError::from(error).into()
        })
    }

    async fn unfollow(&self, slot: Slot) {
        let mut state = self.subscriber.state.lock().await;
        state.slots.remove(&slot);
        let Some(link) = state.link.as_mut() else {
            return;
        };
        let asked = link.connection.unsubscribe(self.subscriber.settings.channel(slot)).await;
        if asked.is_err() {
            state.give_up();
        }
    }
}

impl Drop for RedisFollow {
    fn drop(&mut self) {
        self.task.abort();
    }
}
