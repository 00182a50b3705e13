//! Groups, messages, and listening with patience.

use std::{sync::Arc, time::Duration};

use engine_interfaces::{
    Broker, Clock, Control, Delivery, GroupId, GroupMessage, GroupMessageId, NodeId, Said, Seq, Slot,
    Subscription, SystemClock, UserId, Whisper,
};

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn following(broker: &impl Broker, group: GroupId) -> Subscription {
    let subscription = broker.subscribe().await.unwrap();
    subscription.follow.follow(Slot::of(group)).await.unwrap();
    subscription
}

pub(crate) async fn next(subscription: &mut Subscription) -> Delivery {
    tokio::time::timeout(PATIENCE, subscription.deliveries.next()).await.unwrap().unwrap()
}

/// The positions of the next `count` messages; gaps and controls are passed over.
pub(crate) async fn hear(subscription: &mut Subscription, count: usize) -> Vec<i64> {
    let mut heard = Vec::new();
    while heard.len() < count {
        if let Delivery::Messages(messages) = next(subscription).await {
            heard.extend(messages.iter().map(|message| message.seq.0));
        }
    }
    heard
}

pub(crate) async fn next_control(subscription: &mut Subscription) -> Control {
    loop {
        if let Delivery::Control(control) = next(subscription).await {
            return control;
        }
    }
}

pub(crate) async fn next_whisper(subscription: &mut Subscription) -> Whisper {
    loop {
        if let Delivery::Whisper(whisper) = next(subscription).await {
            return whisper;
        }
    }
}

pub(crate) fn whisper(group_id: GroupId, said: Said) -> Whisper {
    Whisper { group_id, node: NodeId(uuid::Uuid::nil()), said }
}

pub(crate) fn group() -> GroupId {
    GroupId(SystemClock.new_id())
}

pub(crate) fn groups_of_two_slots() -> (GroupId, GroupId) {
    let one = group();
    loop {
        let other = group();
        if Slot::of(other) != Slot::of(one) {
            return (one, other);
        }
    }
}

pub(crate) fn message(group_id: GroupId, seq: i64) -> Arc<GroupMessage> {
    let now = SystemClock.now();
    Arc::new(GroupMessage {
        id: GroupMessageId(SystemClock.new_id()),
        group_id,
        user_id: Some(UserId::from_name("alice")),
        seq: Seq(seq),
        message: Some("Hello".to_owned()),
        erased: false,
        created_at: now,
        updated_at: now,
        trace: None,
    })
}

#[cfg(feature = "redis")]
pub(crate) async fn wait_for_gap(subscription: &mut Subscription) {
    while !matches!(next(subscription).await, Delivery::Gap) {}
}

#[cfg(feature = "redis")]
/// The group of the next messages that are heard.
pub(crate) async fn next_group(subscription: &mut Subscription) -> GroupId {
    loop {
        if let Delivery::Messages(messages) = next(subscription).await {
            return messages[0].group_id;
        }
    }
}

#[cfg(feature = "redis")]
/// The publisher's connection returns by itself, and not at the same moment as the subscriber's.
pub(crate) async fn announce_until_handed_over(broker: &impl Broker, group: GroupId) {
    let announced = async {
        while broker.announce(&[message(group, 1)]).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, announced).await.unwrap();
}
