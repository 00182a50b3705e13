//! A client that comes back gets what it missed, or is told honestly to read it elsewhere.

use std::sync::atomic::Ordering;

use serde_json::json;

use super::Bench;
use crate::{doubles::wait_until, settings::Settings};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_comes_in_order_and_then_what_is_new() {
    let bench = Bench::new().await;
    let group = bench.group(&["alice"]);
    bench.chat.store(group, 900);
    let alice = bench.connect_with("alice", json!({ group.to_string(): 0 })).await;
    for _ in 0..20 {
        bench.send(group, 5).await;
    }
    alice.wait_for_seqs(1..=1_000).await;
    assert!(alice.got("resync").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_missed_the_same_at_the_same_time_has_it_read_once() {
    let bench = Bench::new().await;
    let group = bench.group(&["alice"]);
    bench.chat.store(group, 150);
    let peers: Vec<_> = (0..15)
        .map(|n| {
            let have = json!({ group.to_string(): n * 3 });
            bench.dial(json!({ "token": "alice", "have": have }), 1_000_000)
        })
        .collect();
    for (n, peer) in (0..).zip(&peers) {
        peer.wait_for_seqs(n * 3 + 1..=150).await;
    }
    let reads = bench.chat.log_reads.load(Ordering::SeqCst);
    // At worst the one who misses least comes first, and each after it reads what lies between.
    assert!(reads <= 15 + 1, "{reads} reads of the log for two pages");

    bench.chat.log_reads.store(0, Ordering::SeqCst);
    let late = bench.connect_with("alice", json!({ group.to_string(): 120 })).await;
    late.wait_for_seqs(121..=150).await;
    assert_eq!(bench.chat.log_reads.load(Ordering::SeqCst), 0, "it was read a moment ago");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_missed_too_much_is_told_once_and_goes_on_live() {
    let bench = Bench::new().await;
    let group = bench.group(&["alice"]);
    bench.chat.store(group, 1_001);
    let alice = bench.connect_with("alice", json!({ group.to_string(): 0 })).await;
    alice.wait_for("resync").await;
    bench.send(group, 1).await;
    alice.wait_for_seqs([1_002]).await;
    let expected = json!({ "group_id": group, "last_seq": 1_001 });
    assert_eq!(alice.got("resync"), [expected]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_beyond_the_end_is_not_believed() {
    let bench = Bench::new().await;
    let group = bench.group(&["alice"]);
    bench.chat.store(group, 2);
    let alice = bench.connect_with("alice", json!({ group.to_string(): 9 })).await;
    assert_eq!(alice.wait_for("resync").await["last_seq"], 2);
    bench.send(group, 1).await;
    alice.wait_for_seqs([3]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_group_is_ignored() {
    let bench = Bench::new().await;
    let (own, foreign) = (bench.group(&["alice"]), bench.group(&["bob"]));
    bench.chat.store(foreign, 5);
    bench.chat.store(own, 1);
    let have = json!({ foreign.to_string(): 0, own.to_string(): 0 });
    let alice = bench.connect_with("alice", have).await;
    alice.wait_for_seqs([1]).await;
    assert_eq!(alice.got("message")[0]["group_id"], own.to_string());
    assert!(alice.got("resync").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_liveliest_groups_come_first_and_the_rest_is_told_of() {
    let bench = Bench::with(Settings { catch_up_per_connection: 5, ..Settings::default() }).await;
    let (quiet, busy) = (bench.group(&["alice"]), bench.group(&["alice"]));
    bench.chat.store(quiet, 3);
    bench.chat.store(busy, 4);
    let have = json!({ quiet.to_string(): 0, busy.to_string(): 0 });
    let alice = bench.connect_with("alice", have).await;
    alice.wait_for_seqs([1, 2, 3, 4]).await;
    let expected = json!({ "group_id": quiet, "last_seq": 3 });
    assert_eq!(alice.wait_for("resync").await, expected);
    assert_eq!(alice.got("message")[0]["group_id"], busy.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn catching_up_is_paced_by_the_client_and_is_not_slowness() {
    let bench = Bench::with(Settings { queue_bytes: 1_000, ..Settings::default() }).await;
    let group = bench.group(&["alice"]);
    bench.chat.store(group, 500);
    let auth = json!({ "token": "alice", "have": { group.to_string(): 0 } });
    let alice = bench.dial(auth, 5);
    wait_until(|| alice.seqs().len() == 4).await;
    assert_eq!(bench.chat.log_reads.load(Ordering::SeqCst), 1, "one page is held");
    for _ in 0..500 {
        alice.transport.allow(1);
    }
    alice.wait_for_seqs(1..=500).await;
    assert!(!alice.transport.is_closed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_ends_in_an_honest_resync() {
    let bench = Bench::new().await;
    let group = bench.group(&["alice"]);
    bench.chat.store(group, 500);
    let auth = json!({ "token": "alice", "have": { group.to_string(): 0 } });
    let alice = bench.dial(auth, 5);
    wait_until(|| alice.seqs().len() == 4).await;
    bench.chat.away.store(true, Ordering::SeqCst);
    alice.transport.allow(1_000);
    assert_eq!(alice.wait_for("resync").await["last_seq"], 500);
    bench.chat.away.store(false, Ordering::SeqCst);
    bench.send(group, 1).await;
    alice.wait_for_seqs((1..=100).chain([501])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_there_to_be_asked_for() {
    let bench = Bench::new().await;
    let group = bench.group(&["alice"]);
    bench.chat.store(group, 2_500);
    let alice = bench.connect("alice").await;
    let (mut after, mut seen, mut has_more, mut number) = (0, 0, true, 0);
    while has_more {
        number += 1;
        let payload = json!({ "group_id": group, "after": after, "limit": 1_000 });
        let answer = alice.ask(number, "catch_up", payload).await;
        assert_eq!(answer["ok"], true);
        for message in answer["messages"].as_array().unwrap() {
            after += 1;
            assert_eq!(message["seq"], after);
            seen += 1;
        }
        has_more = answer["has_more"].as_bool().unwrap();
    }
    assert_eq!((seen, number), (2_500, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_bounded_in_bytes_too() {
    let bench = Bench::with(Settings { catch_up_answer_bytes: 25, ..Settings::default() }).await;
    let group = bench.group(&["alice"]);
    bench.chat.store(group, 3);
    let alice = bench.connect("alice").await;
    let first = alice.ask(1, "catch_up", json!({ "group_id": group, "after": 0 })).await;
    assert_eq!(first["messages"].as_array().unwrap().len(), 2);
    assert_eq!(first["has_more"], true);
    let second = alice.ask(2, "catch_up", json!({ "group_id": group, "after": 2 })).await;
    assert_eq!(second["messages"].as_array().unwrap().len(), 1);
    assert_eq!(second["has_more"], false);
}
