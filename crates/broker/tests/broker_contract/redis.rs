//! The broker between processes, while Redis is there.

use std::{sync::Arc, time::Duration};

use ::redis::{AsyncCommands, Client, aio::MultiplexedConnection, streams::StreamRangeReply};
use broker::{RedisBroker, RedisSettings};
use engine_interfaces::{Broker, Clock, Delivery, GroupMessage, Slot, SystemClock, Topic};
use serde_json::{Value, json};
use test_support::redis_url;

use crate::{
    contract::{QUEUE, contract},
    support::{following, group, hear, message, next},
};

#[tokio::test(flavor = "multi_thread")]
async fn keeps_the_contract() {
    contract(async || connect(RedisSettings { queue: QUEUE, ..settings() }).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_hear_each_other() {
    let settings = settings();
    let (one, other) = (connect(settings.clone()).await, connect(settings).await);
    let group = group();
    let mut of_one = following(&one, group).await;
    let mut of_other = following(&other, group).await;
    one.announce(&[message(group, 1)]).await.unwrap();
    other.announce(&[message(group, 2)]).await.unwrap();
    assert_eq!(hear(&mut of_one, 2).await, [1, 2]);
    assert_eq!(hear(&mut of_other, 2).await, [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn installations_with_other_prefixes_hear_nothing_of_each_other() {
    let (one, other) = (connect(settings()).await, connect(settings()).await);
    let group = group();
    let mut of_one = following(&one, group).await;
    other.announce(&[message(group, 1)]).await.unwrap();
    one.announce(&[message(group, 2)]).await.unwrap();
    assert_eq!(hear(&mut of_one, 1).await, [2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_messages_arrive_in_order() {
    const MESSAGES: i64 = 10_000;
    const BATCH: usize = 100;
    let broker = connect(RedisSettings { queue: 2 * MESSAGES as usize, ..settings() }).await;
    let group = group();
    let mut subscription = following(&broker, group).await;
    let messages: Vec<_> = (1..=MESSAGES).map(|seq| message(group, seq)).collect();
    for batch in messages.chunks(BATCH) {
        broker.announce(batch).await.unwrap();
    }
    let mut heard: Vec<Arc<GroupMessage>> = Vec::new();
    let mut deliveries = 0;
    while heard.len() < messages.len() {
        match next(&mut subscription).await {
            Delivery::Messages(messages) => heard.extend(messages),
            other => unreachable!("{other:?}, and the queue had room"),
        }
        deliveries += 1;
    }
    assert_eq!(heard, messages);
    assert!(deliveries < heard.len(), "what waits together is delivered together");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_written_for_followers_and_rings_as_the_contract_has_it() {
    let settings = settings();
    let broker = connect(settings.clone()).await;
    let message = message(group(), 7);
    let channel = format!("{}:{}", settings.prefix, Slot::of(message.group_id).0);
    let (sender, mut pushes) = tokio::sync::mpsc::unbounded_channel();
    let mut redis = plain_connection(move |push| sender.send(push)).await;
    redis.subscribe(&channel).await.unwrap();

    broker.announce(std::slice::from_ref(&message)).await.unwrap();

    let published = loop {
        let push = tokio::time::timeout(crate::support::PATIENCE, pushes.recv()).await;
        if let Some(message) = ::redis::Msg::from_push_info(push.unwrap().unwrap()) {
            break message;
        }
    };
    let hint = json!({"event": "message", "group_id": message.group_id, "message": &*message});
    let read = |text: &[u8]| serde_json::from_slice::<Value>(text).unwrap();
    assert_eq!(published.get_channel_name(), channel);
    assert_eq!(read(published.get_payload_bytes()), hint);

    let topic = Topic::of_user(message.user_id.unwrap()).0;
    let stream = format!("{}:topic:{topic}", settings.prefix);
    let entries: StreamRangeReply = redis.xrange_all(stream).await.unwrap();
    assert_eq!(entries.ids.len(), 1);
    assert_eq!(read(&entries.ids[0].get::<Vec<u8>>("hint").unwrap()), hint);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_passed_over() {
    let settings = settings();
    let broker = connect(settings.clone()).await;
    let group = group();
    let mut subscription = following(&broker, group).await;
    let mut redis = plain_connection(|_| Ok::<(), ()>(())).await;
    let slot = Slot::of(group).0.to_string();
    for name in [slot.as_str(), "control"] {
        for text in ["", "{", r#"{"event":"unheard of"}"#, "\u{0}"] {
            let channel = format!("{}:{name}", settings.prefix);
            redis.publish::<_, _, ()>(channel, text).await.unwrap();
        }
    }
    broker.announce(&[message(group, 1)]).await.unwrap();
    let Delivery::Messages(messages) = next(&mut subscription).await else {
        unreachable!("nothing else was sent");
    };
    assert_eq!(messages[0].seq.0, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_url_is_refused_and_not_shown() {
    let refused = RedisBroker::connect("http://:hunter2@127.0.0.1", settings()).await;
    let Err(error) = refused else {
        unreachable!("that is no Redis");
    };
    assert!(!format!("{error:?}").contains("hunter2"));
}

/// Names that no other test uses.
pub(crate) fn settings() -> RedisSettings {
    RedisSettings {
        prefix: format!("test-{}", SystemClock.new_id()),
        timeout: Duration::from_secs(5),
        ..RedisSettings::default()
    }
}

async fn connect(settings: RedisSettings) -> RedisBroker {
    RedisBroker::connect(&redis_url(), settings).await.unwrap()
}

/// A connection of the test's own.
async fn plain_connection(hear: impl ::redis::aio::AsyncPushSender) -> MultiplexedConnection {
    let client = Client::open(format!("{}?protocol=resp3", redis_url())).unwrap();
    let config = ::redis::AsyncConnectionConfig::new().set_push_sender(hear);
    client.get_multiplexed_async_connection_with_config(&config).await.unwrap()
}
