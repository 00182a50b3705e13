//! The broker between processes, on a Redis Cluster.

use std::time::{Duration, Instant};

use broker::{RedisBroker, RedisSettings};
use engine_interfaces::{Broker, Delivery, GroupId, Slot, Subscription};
use test_support::RedisCluster;

use crate::{
    contract::{QUEUE, contract},
    redis::settings,
    support::{announce_until_handed_over, group, next, wait_for_gap},
};

/// A second until a master is taken for dead, another one or two for the election, the rest for us.
const RECOVERY: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_keeps_the_contract_and_outlives_a_master() {
    let mut cluster = RedisCluster::start().await;
    contract(async || connect(&cluster, RedisSettings { queue: QUEUE, ..settings() }).await).await;

    // As many groups as slots, so that some are on each master.
    let broker = connect(&cluster, RedisSettings { timeout: Duration::from_secs(1), ..settings() }).await;
    let mut subscription = broker.subscribe().await.unwrap();
    let groups: Vec<_> = (0..32).map(|_| group()).collect();
    for group in &groups {
        subscription.follow.follow(Slot::of(*group)).await.unwrap();
    }
    cluster.kill_master(0).await;
    let killed = Instant::now();
    wait_for_gap(&mut subscription).await;
    for group in groups {
        announce_until_handed_over(&broker, group).await;
        hear_of(group, &mut subscription).await;
    }
    let recovery = killed.elapsed();
    assert!(recovery < RECOVERY, "{recovery:?}");
}

/// Waits for a message of `group`; what was tried more than once may come from others before.
async fn hear_of(group: GroupId, subscription: &mut Subscription) {
    loop {
        if let Delivery::Messages(messages) = next(subscription).await
            && messages.iter().any(|message| message.group_id == group)
        {
            return;
        }
    }
}

async fn connect(cluster: &RedisCluster, settings: RedisSettings) -> RedisBroker {
    RedisBroker::connect(&cluster.url(), settings).await.unwrap()
}
