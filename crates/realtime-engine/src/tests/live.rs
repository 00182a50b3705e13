//! Hints become messages: each once, in order, to those who are in the group.

use std::{sync::atomic::Ordering, time::Duration};

use engine_interfaces::{Broker, Control, Seq, Timestamp, UserId};
use proptest::prelude::*;
use serde_json::json;

use super::Bench;
use crate::{doubles::wait_until, settings::Settings};

#[tokio::test(flavor = "multi_thread")]
async fn everybody_in_the_group_gets_a_message_and_nobody_else() {
    let bench = Bench::new().await;
    let (beer, wine) = (bench.group(&["alice", "bob"]), bench.group(&["carol"]));
    let alice = bench.connect("alice").await;
    let bob = bench.connect("bob").await;
    let carol = bench.connect("carol").await;
    bench.send(beer, 1).await;
    bench.send(wine, 1).await;
    alice.wait_for_seqs([1]).await;
    bob.wait_for_seqs([1]).await;
    carol.wait_for_seqs([1]).await;
    assert_eq!(carol.got("message")[0]["group_id"], wine.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_before_is_not_sent_again() {
    let bench = Bench::new().await;
    let group = bench.group(&["alice"]);
    bench.send(group, 3).await;
    let alice = bench.connect("alice").await;
    bench.send(group, 2).await;
    alice.wait_for_seqs([4, 5]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_hint_is_read_from_the_log_once_for_all() {
    let bench = Bench::new().await;
    let group = bench.group(&["alice", "bob"]);
    let alice = bench.connect("alice").await;
    let bob = bench.connect("bob").await;
    bench.chat.store(group, 250);
    bench.send(group, 1).await;
    alice.wait_for_seqs(1..=251).await;
    bob.wait_for_seqs(1..=251).await;
    assert_eq!(bench.chat.log_reads.load(Ordering::SeqCst), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_hint_costs_no_reading() {
    let bench = Bench::with(Settings { gap_wait: Duration::from_secs(60), ..Settings::default() }).await;
    let group = bench.group(&["alice"]);
    let alice = bench.connect("alice").await;
    let stored = bench.chat.store(group, 3);
    for index in [2, 0, 0, 1] {
        bench.broker.announce(&stored[index..=index]).await.unwrap();
    }
    alice.wait_for_seqs([1, 2, 3]).await;
    assert_eq!(bench.chat.log_reads.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn hints_that_all_got_lost_are_found_by_comparing() {
    let bench = Bench::new().await;
    let group = bench.group(&["alice"]);
    let alice = bench.connect("alice").await;
    bench.chat.store(group, 2);
    bench.node.compare_all_heads().await;
    alice.wait_for_seqs([1, 2]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_delays_and_loses_nothing() {
    let bench = Bench::new().await;
    let group = bench.group(&["alice"]);
    let alice = bench.connect("alice").await;
    bench.chat.away.store(true, Ordering::SeqCst);
    bench.chat.store(group, 1);
    bench.send(group, 1).await;
    bench.node.compare_all_heads().await;
    bench.chat.away.store(false, Ordering::SeqCst);
    bench.node.compare_all_heads().await;
    wait_until(|| alice.seqs().len() == 2 || bench.retry(group)).await;
    assert_eq!(alice.seqs(), [1, 2]);
}

impl Bench {
    /// A repair that met the store while it was away has given up by now, or will: compare again.
    fn retry(&self, group: engine_interfaces::GroupId) -> bool {
        let group = self.node.hub.group(group).unwrap();
        if group.learn(Seq(2)) {
            self.node.repair(&group);
        }
        false
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_big_group_is_served_in_chunks_and_in_order() {
    let bench = Bench::with(Settings { fan_out_chunk: 2, ..Settings::default() }).await;
    let users = ["a", "b", "c", "d", "e", "f", "g"];
    let group = bench.group(&users);
    let mut peers = Vec::new();
    for user in users {
        peers.push(bench.connect(user).await);
    }
    for _ in 0..50 {
        bench.send(group, 2).await;
    }
    for peer in &peers {
        peer.wait_for_seqs(1..=100).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_reads_is_closed_and_disturbs_nobody() {
    let bench = Bench::with(Settings { queue_bytes: 10_000, ..Settings::default() }).await;
    let group = bench.group(&["alice", "bob"]);
    let alice = bench.connect("alice").await;
    let bob = bench.dial(json!({ "token": "bob" }), 3);
    wait_until(|| !bob.transport.frames().is_empty()).await;
    // What is heard together is written together.
    for last in (10..=200).step_by(10) {
        bench.send(group, 10).await;
        alice.wait_for_seqs(1..=last).await;
    }
    bob.wait_for_end().await;
    assert_eq!(bob.seqs(), Vec::from_iter(1..=20), "and no hole");
    wait_until(|| bench.node.hub.sessions().len() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_message_is_told_too() {
    let bench = Bench::new().await;
    let group = bench.group(&["alice", "bob"]);
    let alice = bench.connect("alice").await;
    let bob = bench.connect("bob").await;
    bench.control(Control::Erased { group_id: group, seq: Seq(7) });
    bench.control(Control::Read { user_id: UserId::from_name("bob"), group_id: group, read_seq: Seq(3) });
    assert_eq!(bob.wait_for("read").await, json!({"group_id": group, "read_seq": 3}));
    assert_eq!(alice.wait_for("erased").await, json!({"group_id": group, "seq": 7}));
    assert!(alice.got("read").is_empty());
    let renamed = Control::GroupChanged {
        group_id: group,
        name: "Wine".into(),
        description: String::new(),
        updated_at: Timestamp::EPOCH,
    };
    bench.control(renamed);
    let told = json!({"group_id": group, "name": "Wine", "description": "", "updated_at": Timestamp::EPOCH});
    for peer in [alice, bob] {
        assert_eq!(peer.wait_for("group").await, told);
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// So many are stored, and announced or not.
    Store(usize, bool),
    /// One that was stored before is announced again.
    Again(prop::sample::Index),
    /// Heads are compared.
    Compare,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1..4_usize, any::<bool>()).prop_map(|(count, told)| Step::Store(count, told)),
        2 => any::<prop::sample::Index>().prop_map(Step::Again),
        1 => Just(Step::Compare),
    ];
    prop::collection::vec(step, 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever becomes of the hints, each client gets each message once and in order; one that comes
    /// back in the middle too.
    #[test]
    fn nothing_is_lost_doubled_or_out_of_order(steps in steps(), comes_back in any::<prop::sample::Index>()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let bench = Bench::with(Settings { gap_wait: Duration::from_millis(1), ..Settings::default() }).await;
            let group = bench.group(&["alice", "bob"]);
            let alice = bench.connect("alice").await;
            let comes_back = comes_back.index(steps.len());
            let (mut stored, mut bob) = (Vec::new(), None);
            for (index, step) in steps.into_iter().enumerate() {
                if index == comes_back {
                    bob = Some(bench.connect_with("bob", json!({ group.to_string(): 0 })).await);
                }
                match step {
                    Step::Store(count, told) => {
                        let new = bench.chat.store(group, count);
                        if told {
                            bench.broker.announce(&new).await.unwrap();
                        }
                        stored.extend(new);
                    }
                    Step::Again(_) if stored.is_empty() => {}
                    Step::Again(which) => {
                        let which = which.index(stored.len());
                        bench.broker.announce(&stored[which..=which]).await.unwrap();
                    }
                    Step::Compare => bench.node.compare_all_heads().await,
                }
            }
            bench.node.compare_all_heads().await;
            let all = 1..=i64::try_from(stored.len()).unwrap();
            alice.wait_for_seqs(all.clone()).await;
            bob.unwrap().wait_for_seqs(all).await;
        });
    }
}
