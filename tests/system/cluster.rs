//! The production shape on a Redis Cluster, of which a master dies.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use engine_interfaces::{Clock, SystemClock};
use test_support::RedisCluster;
use uuid::Uuid;

use crate::{
    rings::{Rings, until},
    support::{Listener, Person, Shape},
};

/// Enough to be of every master's slots.
const GROUPS: usize = 24;
/// How many messages of each group come by themselves once the cluster is whole again.
const LIVE: i64 = 4;
/// Well below the time in which the comparison with the store, every 10 s, would have brought these.
const LIVE_LIMIT: Duration = Duration::from_secs(10);

/// A message to each group; their ids.
async fn send_to_all(author: &Person, groups: &[Uuid]) -> Vec<Uuid> {
    let mut sent = Vec::new();
    for group in groups {
        let id = SystemClock.new_id();
        author.send(*group, id, "Hello").await.expect("a send needs no Redis");
        sent.push(id);
    }
    sent
}

/// Hears the message at `seq` of each group, and nothing else.
async fn hear_from_all(listener: &mut Listener, groups: &[Uuid], seq: i64) {
    let mut heard = BTreeMap::new();
    for _ in groups {
        let message = listener.next("message").await;
        let before = heard.insert(message["group_id"].to_string(), message["seq"].clone());
        assert_eq!((before, message["seq"].as_i64()), (None, Some(seq)), "each once, and in order");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_delivered_and_linked_though_a_master_dies() {
    let cluster = RedisCluster::start().await;
    let url = cluster.url();
    let mut shape = Shape::over(cluster, url, |_| {}).await;
    let rings = Rings::of(&shape);
    rings.are_led_by(&[&shape.worker]).await;
    let alice = Person::at(shape.apis[0].api()).await;
    let bob = Person::at(shape.apis[1].api()).await;
    let mut groups = Vec::new();
    for _ in 0..GROUPS {
        groups.push(alice.group_with(&[&bob]).await);
    }
    let mut listener = Listener::start(shape.realtime.realtime(), &bob);
    listener.next("connect").await;
    let mut sent: BTreeSet<Uuid> = send_to_all(&alice, &groups).await.into_iter().collect();
    hear_from_all(&mut listener, &groups, 1).await;

    shape.redis.kill_master(0).await;
    sent.extend(send_to_all(&alice, &groups).await);
    hear_from_all(&mut listener, &groups, 2).await;

    let live = Instant::now();
    for seq in 3..3 + LIVE {
        sent.extend(send_to_all(&alice, &groups).await);
        hear_from_all(&mut listener, &groups, seq).await;
    }
    assert!(live.elapsed() < LIVE_LIMIT, "live delivery is back: {:?}", live.elapsed());
    until("all is linked", async || rings.linked(&alice).await.len() >= sent.len()).await;
    assert_eq!(rings.linked(&alice).await, sent);
}
