//! The ring between processes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use ::redis::Client;
use broker::{RedisBroker, RedisSettings};
use engine_interfaces::{Clock, RingTerms, SystemClock};
use test_support::{RedisCluster, RedisServer, redis_url};
use tokio_util::sync::CancellationToken;

use crate::{
    contract::{Process, Rings, contract},
    support::{Handler, Stores, group, messages, quick, until, users},
};

/// Within which another has to lead.
const HAND_OVER: Duration = Duration::from_secs(3);

struct Redis {
    url: String,
    settings: RedisSettings,
}

impl Redis {
    fn at(url: String) -> Self {
        let prefix = format!("test:{}", SystemClock.new_id().simple());
        Self { url, settings: RedisSettings { prefix, ..RedisSettings::default() } }
    }

    /// A process of this name, which may lead nothing yet.
    async fn start(&self, name: &str, stores: &Stores, handler: &Arc<Handler>) -> Process {
        let broker = RedisBroker::connect(&self.url, self.settings.clone()).await.unwrap();
        let stop = CancellationToken::new();
        let ring = broker.ring(stores.parts(handler), quick());
        let ring = tokio::spawn(ring.run(name.to_owned(), stop.clone().cancelled_owned()));
        Process { broker: Arc::new(broker), stop, ring }
    }

    async fn connect(&self) -> ::redis::aio::MultiplexedConnection {
        Client::open(&*self.url).unwrap().get_multiplexed_async_connection().await.unwrap()
    }
}

impl Rings for Redis {
    async fn process(&self, stores: &Stores, handler: &Arc<Handler>) -> Process {
        let name = SystemClock.new_id().to_string();
        let process = self.start(&name, stores, handler).await;
        until("it leads", async || leads(stores, &name).await > 0).await;
        process
    }

    async fn lose(&self, _: &Stores, _: &Process) {
        let streams: Vec<String> =
            (0..32).map(|topic| format!("{}:topic:{topic}", self.settings.prefix)).collect();
        ::redis::cmd("DEL").arg(streams).exec_async(&mut self.connect().await).await.unwrap();
    }
}

async fn leaders(stores: &Stores) -> BTreeMap<String, usize> {
    let mut leaders = BTreeMap::new();
    for led in stores.terms.list().await.unwrap() {
        *leaders.entry(led.leader).or_default() += 1;
    }
    leaders
}

async fn leads(stores: &Stores, name: &str) -> usize {
    leaders(stores).await.get(name).copied().unwrap_or(0)
}

fn spread(counts: &[(&str, usize)]) -> BTreeMap<String, usize> {
    counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_the_contract() {
    contract(async || Redis::at(redis_url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_are_spread_over_the_workers_that_live() {
    let (redis, stores) = (Redis::at(redis_url()), Stores::new().await);
    let handler = stores.handler();
    let one = redis.start("one", &stores, &handler).await;
    until("one leads all", async || leads(&stores, "one").await == 32).await;
    let two = redis.start("two", &stores, &handler).await;
    until("two join", async || leaders(&stores).await == spread(&[("one", 16), ("two", 16)])).await;
    let three = redis.start("three", &stores, &handler).await;
    until("three join", async || {
        let mut counts: Vec<_> = leaders(&stores).await.into_values().collect();
        counts.sort_unstable();
        counts == [10, 11, 11]
    })
    .await;

    two.stop().await;
    until("one leaves", async || leaders(&stores).await == spread(&[("one", 16), ("three", 16)])).await;
    let killed = Instant::now();
    one.kill().await;
    until("one is killed", async || leads(&stores, "three").await == 32).await;
    assert!(killed.elapsed() < HAND_OVER, "{:?}", killed.elapsed());

    stores.send(three.broker.as_ref(), &messages(group(), &users(50), 1, 100)).await;
    until("all are handled", async || handler.count() == 100).await;
    three.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_too_late_for_its_topics_gets_them_all_the_same() {
    let (redis, stores) = (Redis::at(redis_url()), Stores::new().await);
    let handler = stores.handler();
    let one = redis.start("one", &stores, &handler).await;
    until("one leads all", async || leads(&stores, "one").await == 32).await;
    // Two is seen, and for so long, that one gives up its share and takes it back.
    let (seen, until_late) = (format!("{}:workers", redis.settings.prefix), i64::MAX / 1_000_000);
    let show = ::redis::cmd("ZADD").arg(seen).arg(until_late).arg("two").take();
    show.exec_async(&mut redis.connect().await).await.unwrap();
    until("one has taken back", async || stores.past_terms().await.len() == 16).await;
    assert_eq!(leads(&stores, "one").await, 32);

    let two = redis.start("two", &stores, &handler).await;
    until("two leads its own", async || leaders(&stores).await == spread(&[("one", 16), ("two", 16)])).await;
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_with_redis() {
    let (mut server, stores) = (RedisServer::start().await, Stores::new().await);
    let redis = Redis::at(server.url());
    let (handlers, group, authors) = ([stores.handler(), stores.handler()], group(), users(40));
    let one = redis.start("one", &stores, &handlers[0]).await;
    let two = redis.start("two", &stores, &handlers[1]).await;
    until("both lead", async || leaders(&stores).await == spread(&[("one", 16), ("two", 16)])).await;

    let mut sent = 0;
    for _ in 0..5 {
        let batch = messages(group, &authors, sent + 1, 200);
        stores.send(one.broker.as_ref(), &batch).await;
        sent += 200;
        // Whatever was not read by now is gone.
        server.kill().await;
        server.restart().await;
        until("it is announced again", async || {
            stores.announce_the_rest(two.broker.as_ref()).await;
            stores.chat.is_announced()
        })
        .await;
    }
    until("all are handled", async || {
        let given = handlers.iter().flat_map(|handler| handler.given().into_values().flatten());
        given.collect::<BTreeSet<i64>>().len() == sent as usize
    })
    .await;
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_led_while_redis_is_away() {
    let (mut server, stores) = (RedisServer::start().await, Stores::new().await);
    let redis = Redis::at(server.url());
    let handler = stores.handler();
    let broker = RedisBroker::connect(&redis.url, redis.settings.clone()).await.unwrap();
    let ring = broker.ring(stores.parts(&handler), quick());
    let (share, stop) = (ring.share(), CancellationToken::new());
    let ring = tokio::spawn(ring.run("one".to_owned(), stop.clone().cancelled_owned()));
    until("it leads", async || share.topics().len() == 32).await;
    server.kill().await;
    until("it leads nothing", async || share.topics().is_empty()).await;
    server.restart().await;
    until("it leads again", async || share.topics().len() == 32).await;
    stores.send(&broker, &messages(group(), &users(3), 1, 10)).await;
    until("all are handled", async || handler.count() == 10).await;
    stop.cancel();
    ring.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_with_a_master_of_a_cluster() {
    let (mut cluster, stores) = (RedisCluster::start().await, Stores::new().await);
    let redis = Redis::at(cluster.url());
    let (handlers, group, authors) = ([stores.handler(), stores.handler()], group(), users(40));
    let one = redis.start("one", &stores, &handlers[0]).await;
    let two = redis.start("two", &stores, &handlers[1]).await;
    until("both lead", async || leaders(&stores).await == spread(&[("one", 16), ("two", 16)])).await;

    stores.send(one.broker.as_ref(), &messages(group, &authors, 1, 400)).await;
    cluster.kill_master(0).await;
    stores.send(two.broker.as_ref(), &messages(group, &authors, 401, 400)).await;
    until("it is announced again", async || {
        stores.announce_the_rest(one.broker.as_ref()).await;
        stores.chat.is_announced()
    })
    .await;
    until("all are handled", async || {
        let given = handlers.iter().flat_map(|handler| handler.given().into_values().flatten());
        given.collect::<BTreeSet<i64>>().len() == 800
    })
    .await;
    one.stop().await;
    two.stop().await;
}
