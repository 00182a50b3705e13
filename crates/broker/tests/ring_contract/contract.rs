//! What every ring keeps, whatever carries the messages.

use std::{collections::BTreeMap, sync::Arc};

use broker::Lag;
use engine_interfaces::{Broker, Clock, RingLag, SystemClock, Topic};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::{Handler, Stores, group, messages, quick, until, users};

/// A kind of ring, and the bus that it hears.
pub(crate) trait Rings {
    /// A new process over the stores: what it announces with, and its ring, which works until it is told to
    /// stop.
    async fn process(&self, stores: &Stores, handler: &Arc<Handler>) -> Process;

    /// Makes the bus lose what was announced and not read.
    async fn lose(&self, stores: &Stores, process: &Process);
}

pub(crate) struct Process {
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) stop: CancellationToken,
    pub(crate) ring: JoinHandle<()>,
}

impl Process {
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.ring.await.unwrap();
    }

    /// Ends it without a word.
    pub(crate) async fn kill(self) {
        self.ring.abort();
        let _ = self.ring.await;
    }
}

/// Every promise of a ring. `make` gives a bus of its own.
pub(crate) async fn contract<R: Rings>(make: impl AsyncFn() -> R) {
    hands_over_each_authors_messages_in_order(make().await).await;
    tries_again_what_failed(make().await).await;
    passes_over_what_always_fails(make().await).await;
    reads_again_what_was_lost(make().await).await;
    the_next_process_goes_on(make().await).await;
    a_leader_of_the_past_has_no_effect(make().await).await;
    tells_when_all_is_handled(make().await).await;
}

async fn hands_over_each_authors_messages_in_order(rings: impl Rings) {
    let stores = Stores::new().await;
    let handler = stores.handler();
    let process = rings.process(&stores, &handler).await;
    let (group, authors) = (group(), users(7));
    let sent = messages(group, &authors, 1, 2_000);
    for batch in sent.chunks(13) {
        stores.send(process.broker.as_ref(), batch).await;
    }
    until("all are handled", async || handler.count() == sent.len()).await;
    let mut expected: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    for message in &sent {
        expected.entry(message.user_id.unwrap()).or_default().push(message.seq.0);
    }
    assert_eq!(handler.given(), expected);
    process.stop().await;
}

async fn tries_again_what_failed(rings: impl Rings) {
    let stores = Stores::new().await;
    let handler = stores.handler();
    let process = rings.process(&stores, &handler).await;
    handler.fail(true);
    stores.send(process.broker.as_ref(), &messages(group(), &users(3), 1, 20)).await;
    tokio::time::sleep(quick().retry_most).await;
    assert_eq!(handler.count(), 0);
    handler.fail(false);
    until("all are handled", async || handler.count() == 20).await;
    process.stop().await;
}

async fn passes_over_what_always_fails(rings: impl Rings) {
    let stores = Stores::new().await;
    let handler = stores.handler();
    let process = rings.process(&stores, &handler).await;
    let sent = messages(group(), &users(2), 1, 20);
    handler.never_handle(&sent[4]);
    stores.send(process.broker.as_ref(), &sent).await;
    until("the rest is handled", async || handler.count() == 19).await;
    process.stop().await;
}

async fn reads_again_what_was_lost(rings: impl Rings) {
    let stores = Stores::new().await;
    let handler = stores.handler();
    let process = rings.process(&stores, &handler).await;
    let (group, authors) = (group(), users(9));
    stores.send(process.broker.as_ref(), &messages(group, &authors, 1, 30)).await;
    until("the first are handled", async || handler.count() == 30).await;
    handler.fail(true);
    stores.send(process.broker.as_ref(), &messages(group, &authors, 31, 60)).await;
    rings.lose(&stores, &process).await;
    let before = handler.count();
    handler.fail(false);
    until("what was lost is handled", async || handler.count() >= 90 && before <= 30).await;
    stores.send(process.broker.as_ref(), &messages(group, &authors, 91, 10)).await;
    until("and what comes later", async || {
        handler.given().values().flatten().filter(|seq| **seq <= 100).count() == 100
    })
    .await;
    process.stop().await;
}

async fn the_next_process_goes_on(rings: impl Rings) {
    let stores = Stores::new().await;
    let (first, second) = (stores.handler(), stores.handler());
    let (group, authors) = (group(), users(9));
    let process = rings.process(&stores, &first).await;
    stores.send(process.broker.as_ref(), &messages(group, &authors, 1, 30)).await;
    until("the first are handled", async || first.count() == 30).await;
    first.fail(true);
    stores.send(process.broker.as_ref(), &messages(group, &authors, 31, 30)).await;
    process.kill().await;

    let process = rings.process(&stores, &second).await;
    stores.send(process.broker.as_ref(), &messages(group, &authors, 61, 30)).await;
    until("the rest is handled", async || {
        let (one, other) = (first.given(), second.given());
        let all: std::collections::BTreeSet<_> = one.values().chain(other.values()).flatten().collect();
        all.len() == 90
    })
    .await;
    process.stop().await;
}

async fn a_leader_of_the_past_has_no_effect(rings: impl Rings) {
    let stores = Stores::new().await;
    let (first, second) = (stores.handler(), stores.handler());
    let (group, authors) = (group(), users(9));
    let past = rings.process(&stores, &first).await;
    stores.send(past.broker.as_ref(), &messages(group, &authors, 1, 20)).await;
    until("the first are handled", async || first.count() == 20).await;
    first.fail(true);
    stores.send(past.broker.as_ref(), &messages(group, &authors, 21, 20)).await;
    let now = rings.process(&stores, &second).await;
    // Whoever leads now, an effect is had once.
    first.fail(false);
    until("all have had their effect", async || stores.keys().await.len() == 40).await;
    for term in stores.past_terms().await {
        assert!(stores.refuses(term).await, "{term:?}");
    }
    past.stop().await;
    now.stop().await;
    assert_eq!(stores.keys().await.len(), 40);
}

async fn tells_when_all_is_handled(rings: impl Rings) {
    let stores = Stores::new().await;
    let handler = stores.handler();
    let lag = Lag::new(Arc::new(stores.terms.clone()), stores.chat.clone(), Default::default());
    let process = rings.process(&stores, &handler).await;
    until("all have caught up", async || stores.caught_up(engine_interfaces::Timestamp::EPOCH).await).await;
    let (group, authors) = (group(), users(1));
    let topic = Topic::of_user(authors[0]);
    handler.fail(true);
    stores.send(process.broker.as_ref(), &messages(group, &authors, 1, 5)).await;
    let stored = SystemClock.now();
    tokio::time::sleep(quick().rest_every * 2).await;
    assert!(!lag.has_handled(topic, stored).await.unwrap());
    handler.fail(false);
    until("it is told", async || lag.has_handled(topic, stored).await.unwrap()).await;
    assert_eq!(handler.count(), 5);
    process.stop().await;
}
