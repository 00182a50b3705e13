//! Who is told to be here.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use crate::{doubles::wait_until, settings::Settings};

use super::Bench;

async fn bench(every: Duration) -> Bench {
    let tell_moves_every = Duration::from_millis(5);
    let bench = Bench::with(Settings { tell_presence_every: every, tell_moves_every, ..Settings::default() });
    let bench = bench.await;
    tokio::spawn(Arc::clone(&bench.node).tell_presence());
    bench
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_and_who_goes_is_told_once_each() {
    let bench = bench(Duration::from_secs(3_600)).await;
    let (first, second) = (bench.connect("alice").await, bench.connect("alice/2").await);
    wait_until(|| bench.presence.told("alice") == 1).await;

    drop(first);
    bench.connect("bob").await;
    wait_until(|| bench.presence.told("bob") >= 1).await;
    assert_eq!(bench.presence.told("alice"), 1, "another socket of hers is open");

    drop(second);
    wait_until(|| bench.presence.told("alice") == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stays_is_told_again_and_again() {
    let bench = bench(Duration::from_millis(20)).await;
    let _alice = bench.connect("alice").await;
    wait_until(|| bench.presence.told("alice") >= 3).await;

    bench.presence.away.store(true, Ordering::SeqCst);
    let _bob = bench.connect("bob").await;
    bench.presence.away.store(false, Ordering::SeqCst);
    wait_until(|| bench.presence.told("bob") >= 1).await;
}
