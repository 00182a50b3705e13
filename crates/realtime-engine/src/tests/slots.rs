//! A server hears of the groups that somebody on it is in, and of no others.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use broker::LocalBroker;
use engine_interfaces::{
    Broker, BrokerError, Clock, Control, Follow, GroupId, GroupMessage, Slot, Subscription, SystemClock,
    Whisper,
};
use serde_json::json;

use crate::{
    doubles::{FakeAuthentication, FakeChat, FakePresence, FakeTransport, open_client, wait_until},
    node::Node,
    settings::Settings,
};

type Slots = Arc<Mutex<HashSet<Slot>>>;

/// A broker that knows what is followed.
#[derive(Default)]
struct Watched {
    broker: LocalBroker,
    slots: Slots,
}

struct WatchedFollow {
    follow: Arc<dyn Follow>,
    slots: Slots,
}

#[async_trait]
impl Broker for Watched {
    async fn announce(&self, messages: &[Arc<GroupMessage>]) -> Result<(), BrokerError> {
        self.broker.announce(messages).await
    }

    fn control(&self, control: Control) {
        self.broker.control(control);
    }

    fn whisper(&self, whisper: Whisper) {
        self.broker.whisper(whisper);
    }

    fn is_up(&self) -> bool {
        self.broker.is_up()
    }

    async fn subscribe(&self) -> Result<Subscription, BrokerError> {
        let Subscription { follow, deliveries } = self.broker.subscribe().await?;
        let follow = Arc::new(WatchedFollow { follow, slots: Arc::clone(&self.slots) });
        Ok(Subscription { follow, deliveries })
    }
}

#[async_trait]
impl Follow for WatchedFollow {
    async fn follow(&self, slot: Slot) -> Result<(), BrokerError> {
        self.follow.follow(slot).await?;
        self.slots.lock().unwrap().insert(slot);
        Ok(())
    }

    async fn unfollow(&self, slot: Slot) {
        self.follow.unfollow(slot).await;
        self.slots.lock().unwrap().remove(&slot);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_is_let_go_when_its_last_socket_has_gone() {
    let (chat, broker) = (Arc::new(FakeChat::default()), Watched::default());
    let [shared, alices] = [(); 2].map(|()| GroupId(SystemClock.new_id()));
    for (group, user) in [(shared, "alice"), (shared, "bob"), (alices, "alice")] {
        chat.add(group, user);
    }
    let slots = Arc::clone(&broker.slots);
    let node = Node::new(
        Arc::new(FakeAuthentication::default()),
        chat,
        Arc::new(broker),
        Arc::new(FakePresence::default()),
        Arc::new(SystemClock),
        Settings { compare_heads_every: Duration::from_millis(10), ..Settings::default() },
    );
    let _deliveries = node.bus.subscribe().await.unwrap();
    let _comparing =
        tokio_util::task::AbortOnDropHandle::new(tokio::spawn(Arc::clone(&node).reconcile_heads()));
    let connect = |token: &str| {
        let client = open_client(&node, &FakeTransport::new(1_000));
        client.receive(&format!("0{}", json!({ "token": token })));
        client
    };
    let followed = |groups: &[_]| {
        let expected: HashSet<_> = groups.iter().copied().map(Slot::of).collect();
        let slots = Arc::clone(&slots);
        async move { wait_until(|| *slots.lock().unwrap() == expected).await }
    };

    let (alice, bob) = (connect("alice"), connect("bob"));
    followed(&[shared, alices]).await;
    alice.end();
    followed(&[shared]).await;
    bob.end();
    followed(&[]).await;
}
