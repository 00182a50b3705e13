//! The broker within one process.

use broker::{LocalBroker, Settings};
use engine_interfaces::Broker;

use crate::{
    contract::{QUEUE, contract},
    support::{PATIENCE, groups_of_two_slots, hear, message},
};

#[tokio::test(flavor = "multi_thread")]
async fn keeps_the_contract() {
    contract(async || LocalBroker::new(Settings { queue: QUEUE })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_bus_shuts_down_with_its_last_clone() {
    let broker = LocalBroker::default();
    let mut subscription = broker.clone().subscribe().await.unwrap();
    drop(broker);
    let ended = tokio::time::timeout(PATIENCE, subscription.deliveries.next()).await;
    assert!(ended.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hears_all_follows_nothing_by_hand() {
    let broker = LocalBroker::default();
    let mut subscription = broker.hear_all();
    let (one, other) = groups_of_two_slots();
    broker.announce(&[message(one, 1)]).await.unwrap();
    broker.announce(&[message(other, 2)]).await.unwrap();
    assert_eq!(hear(&mut subscription, 2).await, [1, 2]);
}
