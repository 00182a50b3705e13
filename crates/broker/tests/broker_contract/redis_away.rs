//! The broker between processes, while Redis dies, stalls and returns.

use std::time::{Duration, Instant};

use broker::{RedisBroker, RedisSettings};
use engine_interfaces::{Broker, Control, Said, Slot, UserId};
use test_support::RedisServer;

use crate::{
    redis::settings,
    support::{
        announce_until_handed_over, following, group, message, next_control, next_group, wait_for_gap,
        whisper,
    },
};

/// Within this the followers hear live messages again, counted from the server's return.
const RECOVERY: Duration = Duration::from_secs(2);
/// The brokers' own limit for an answer.
const TIMEOUT: Duration = Duration::from_millis(300);

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_followers_hear_of_the_gap_and_then_live_messages() {
    let mut server = RedisServer::start().await;
    let broker = connect(&server).await;
    let (kept, left) = crate::support::groups_of_two_slots();
    let mut subscription = following(&broker, kept).await;
    subscription.follow.follow(Slot::of(left)).await.unwrap();
    subscription.follow.unfollow(Slot::of(left)).await;
    for _ in 0..3 {
        server.kill().await;
        server.restart().await;
        let returned = Instant::now();
        wait_for_gap(&mut subscription).await;
        announce_until_handed_over(&broker, left).await;
        announce_until_handed_over(&broker, kept).await;
        assert_eq!(next_group(&mut subscription).await, kept);
        let recovery = returned.elapsed();
        assert!(recovery < RECOVERY, "{recovery:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_nothing_waits_for_it() {
    let mut server = RedisServer::start().await;
    let broker = connect(&server).await;
    let group = group();
    let subscription = following(&broker, group).await;
    server.kill().await;

    let began = Instant::now();
    for _ in 0..20 {
        assert!(broker.announce(&[message(group, 1)]).await.is_err());
    }
    for _ in 0..10_000 {
        broker.control(Control::GroupDeleted { group_id: group });
    }
    for _ in 0..10_000 {
        broker.whisper(whisper(group, Said::Typing { user_id: UserId::from_name("alice") }));
    }
    subscription.follow.follow(Slot(1)).await.unwrap_err();
    subscription.follow.unfollow(Slot(1)).await;
    broker.subscribe().await.unwrap();
    let waited = began.elapsed();
    assert!(waited < 4 * TIMEOUT, "{waited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_may_come_later_than_its_users() {
    let mut server = RedisServer::start().await;
    server.kill().await;
    let broker = connect(&server).await;
    let mut subscription = broker.subscribe().await.unwrap();
    let group = group();
    subscription.follow.follow(Slot::of(group)).await.unwrap_err();
    let control = Control::GroupDeleted { group_id: group };

    server.restart().await;

    wait_for_gap(&mut subscription).await;
    announce_until_handed_over(&broker, group).await;
    assert_eq!(next_group(&mut subscription).await, group);
    broker.control(control.clone());
    assert_eq!(next_control(&mut subscription).await, control);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stalls_is_a_server_that_is_away() {
    let server = RedisServer::start().await;
    let broker = connect(&server).await;
    let group = group();
    let mut subscription = following(&broker, group).await;
    server.stall().await;
    let began = Instant::now();
    broker.announce(&[message(group, 1)]).await.unwrap_err();
    let waited = began.elapsed();
    assert!(waited < 4 * TIMEOUT, "{waited:?}");
    subscription.follow.follow(Slot(1)).await.unwrap_err();

    server.resume().await;

    wait_for_gap(&mut subscription).await;
    announce_until_handed_over(&broker, group).await;
    assert_eq!(next_group(&mut subscription).await, group);
}

async fn connect(server: &RedisServer) -> RedisBroker {
    let settings = RedisSettings { timeout: TIMEOUT, ping_every: TIMEOUT, ..settings() };
    RedisBroker::connect(&server.url(), settings).await.unwrap()
}
