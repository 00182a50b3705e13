//! The ring within one process.

use std::sync::Arc;

use broker::{LocalBroker, RingSettings};
use engine_interfaces::{Clock, SystemClock};
use tokio_util::sync::CancellationToken;

use crate::{
    contract::{Process, Rings, contract},
    support::{Handler, Stores, group, messages, quick, users},
};

/// The most messages of a topic that wait.
const QUEUE: usize = 2_000;

struct Local;

impl Rings for Local {
    async fn process(&self, stores: &Stores, handler: &Arc<Handler>) -> Process {
        let broker = LocalBroker::default();
        let settings = RingSettings { queue: QUEUE, ..quick() };
        let ring = broker.ring(stores.parts(handler), settings);
        let stop = CancellationToken::new();
        let name = SystemClock.new_id().to_string();
        let before = SystemClock.now();
        let ring = tokio::spawn(ring.run(name, stop.clone().cancelled_owned()));
        crate::support::until("it leads", async || stores.caught_up(before).await).await;
        Process { broker: Arc::new(broker), stop, ring }
    }

    /// More is announced than the queues hold.
    async fn lose(&self, stores: &Stores, process: &Process) {
        let (group, authors) = (group(), users(1));
        for n in 0..=QUEUE as i64 / 100 {
            stores.send(process.broker.as_ref(), &messages(group, &authors, 1_000 + n * 100, 100)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_the_contract() {
    contract(async || Local).await;
}
