//! Typing and presence, on one server and on several.

use std::time::Duration;

use engine_interfaces::{Clock, Control, GroupId, MemberChange, SystemClock, UserId};
use serde_json::{Value, json};

use super::{Bench, Peer};
use crate::{
    doubles::{FakeTransport, open_client, wait_until},
    settings::Settings,
};

const SOON: Duration = Duration::from_millis(5);

/// Looks often, and believes others for long.
fn settings() -> Settings {
    Settings {
        show_online_every: SOON,
        tell_online_every: 4 * SOON,
        told_online_for: Duration::from_secs(60),
        ..Settings::default()
    }
}

fn ids(users: &[&str]) -> Value {
    let mut ids: Vec<_> = users.iter().map(|name| UserId::from_name(name)).collect();
    ids.sort();
    json!(ids)
}

impl Peer {
    pub(super) async fn open(&self, group: GroupId) {
        assert_eq!(self.ask(1, "open", json!({ "group_id": group })).await, json!({ "ok": true }));
    }

    async fn type_in(&self, number: u64, group: GroupId) {
        assert_eq!(self.ask(number, "typing", json!({ "group_id": group })).await, json!({ "ok": true }));
    }

    async fn wait_for_online(&self, users: &[&str]) {
        let expected = ids(users);
        let last = || self.got("presence").pop();
        wait_until(|| last().is_some_and(|presence| presence["user_ids"] == expected)).await;
        assert_eq!(last().unwrap()["online"], users.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_group_open_sees_who_comes_and_goes_and_nobody_else_does() {
    let bench = Bench::with(settings()).await;
    let group = bench.group(&["alice", "bob", "carol"]);
    let alice = bench.connect("alice").await;
    let (bob, bobs_second) = (bench.connect("bob").await, bench.connect("bob/2").await);
    alice.open(group).await;
    let expected = json!({ "group_id": group, "online": 2, "user_ids": ids(&["alice", "bob"]) });
    assert_eq!(alice.got("presence"), [expected], "it is there before the acknowledgement");

    let carol = bench.connect("carol").await;
    alice.wait_for_online(&["alice", "bob", "carol"]).await;
    drop(bobs_second);
    drop(carol);
    alice.wait_for_online(&["alice", "bob"]).await;
    assert_eq!(alice.got("presence").len(), 3, "what did not change is not shown");
    assert!(bob.got("presence").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_closes_or_leaves_a_group_sees_no_more_of_it() {
    let bench = Bench::with(settings()).await;
    let group = bench.group(&["alice", "bob", "carol", "dave"]);
    let [alice, bob, carol] =
        [bench.connect("alice").await, bench.connect("bob").await, bench.connect("carol").await];
    for peer in [&alice, &bob, &carol] {
        peer.open(group).await;
    }
    assert_eq!(bob.ask(2, "close", json!({ "group_id": group })).await, json!({ "ok": true }));
    bench.chat.remove(group, "carol");
    let (user_id, change) = (UserId::from_name("carol"), MemberChange::Left);
    bench.control(Control::Member { group_id: group, user_id, change, role: None });
    carol.wait_for("member").await;
    alice.wait_for_online(&["alice", "bob"]).await;
    let seen = [&bob, &carol].map(|peer| peer.got("presence").len());

    let _dave = bench.connect("dave").await;
    alice.wait_for_online(&["alice", "bob", "dave"]).await;
    alice.type_in(2, group).await;
    assert_eq!([&bob, &carol].map(|peer| peer.got("presence").len()), seen);
    assert!(bob.got("typing").is_empty() && carol.got("typing").is_empty());
    let again = carol.ask(3, "open", json!({ "group_id": group })).await;
    assert_eq!(again["error"]["code"], 40401);
}

#[tokio::test(flavor = "multi_thread")]
async fn past_the_limit_only_the_number_is_told_and_not_who_types() {
    let bench = Bench::with(Settings { online_named: 2, ..settings() }).await;
    let group = bench.group(&["alice", "bob", "carol"]);
    let [alice, bob] = [bench.connect("alice").await, bench.connect("bob").await];
    alice.open(group).await;
    bob.open(group).await;
    alice.wait_for_online(&["alice", "bob"]).await;
    bob.type_in(2, group).await;
    let expected = json!({ "group_id": group, "user_id": UserId::from_name("bob") });
    assert_eq!(alice.got("typing"), [expected]);
    assert!(bob.got("typing").is_empty(), "one's own is no news");

    let carol = bench.connect("carol").await;
    carol.open(group).await;
    let many = json!({ "group_id": group, "online": 3, "user_ids": null });
    wait_until(|| alice.got("presence").last() == Some(&many)).await;
    carol.type_in(2, group).await;
    assert_eq!(alice.got("typing").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_shown_typing_once_in_a_while() {
    let bench = Bench::with(Settings { typing_every: Duration::from_secs(60), ..settings() }).await;
    let group = bench.group(&["alice", "bob", "carol"]);
    let alice = bench.connect("alice").await;
    let [bob, bobs_second] = [bench.connect("bob").await, bench.connect("bob/2").await];
    let carol = bench.connect("carol").await;
    alice.open(group).await;
    for number in 1..4 {
        bob.type_in(number, group).await;
        bobs_second.type_in(number, group).await;
    }
    carol.type_in(1, group).await;
    let who: Vec<_> = alice.got("typing").into_iter().map(|typing| typing["user_id"].clone()).collect();
    assert_eq!(who, [json!(UserId::from_name("bob")), json!(UserId::from_name("carol"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_has_so_many_groups_open_and_no_more() {
    let bench = Bench::with(Settings { open_groups: 1, ..settings() }).await;
    let [one, other] = [bench.group(&["alice"]), bench.group(&["alice"])];
    let alice = bench.connect("alice").await;
    alice.open(one).await;
    alice.open(one).await;
    let refused = alice.ask(2, "open", json!({ "group_id": other })).await;
    assert_eq!(refused["error"]["code"], 42901);
    alice.ask(3, "close", json!({ "group_id": one })).await;
    alice.ask(4, "close", json!({ "group_id": GroupId(SystemClock.new_id()) })).await;
    assert_eq!(alice.ask(5, "open", json!({ "group_id": other })).await, json!({ "ok": true }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_that_was_not_heard_of_yet_is_asked_for() {
    let bench = Bench::with(settings()).await;
    let alice = bench.connect("alice").await;
    let group = bench.group(&["alice"]);
    alice.open(group).await;
    assert_eq!(alice.got("member").len(), 1);
    alice.wait_for_online(&["alice"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_for_now_is_shown_later() {
    let bench = Bench::with(Settings { online_per_second: 20, ..settings() }).await;
    let group = bench.group(&["alice", "bob"]);
    let sockets: Vec<_> = (0..15).map(|number| format!("alice/{number}")).collect();
    let mut alices = Vec::new();
    for token in &sockets {
        let alice = bench.connect(token).await;
        alice.open(group).await;
        alices.push(alice);
    }
    for round in 0..3 {
        let bob = bench.connect("bob").await;
        for alice in &alices {
            alice.wait_for_online(&["alice", "bob"]).await;
        }
        drop(bob);
        for alice in &alices {
            alice.wait_for_online(&["alice"]).await;
            assert!(alice.got("presence").len() <= 3 + 2 * round, "each is shown once");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_not_said_who_they_are_opens_nothing() {
    let bench = Bench::with(settings()).await;
    let group = bench.group(&["alice"]);
    let transport = FakeTransport::new(100);
    let stranger = open_client(&bench.node, &transport);
    for event in ["open", "typing", "close"] {
        stranger.receive(&format!("21{}", json!([event, { "group_id": group }])));
    }
    stranger.receive(&format!("0{}", json!({ "token": "" })));
    wait_until(|| transport.is_closed()).await;
    let frames = transport.frames();
    assert_eq!(frames.len(), 1, "{frames:?}");
    assert!(frames[0].as_str().starts_with('4'), "a refusal is all that comes");
}

/// Two servers on one bus.
async fn two(settings: Settings) -> (Bench, Bench) {
    let one = Bench::with(settings.clone()).await;
    let other = Bench::over(one.chat.clone(), one.broker.clone(), settings).await;
    (one, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_have_one_truth_between_them() {
    // What is told again and again is not what this rests on.
    let (one, other) = two(Settings { tell_online_every: Duration::from_secs(60), ..settings() }).await;
    let group = one.group(&["alice", "bob", "carol", "dave"]);
    let (alice, bob) = (one.connect("alice").await, other.connect("bob").await);
    let _alices_second = other.connect("alice/2").await;
    alice.open(group).await;
    alice.wait_for_online(&["alice", "bob"]).await;
    bob.open(group).await;
    bob.wait_for_online(&["alice", "bob"]).await;
    let carol = other.connect("carol").await;
    alice.wait_for_online(&["alice", "bob", "carol"]).await;
    bob.wait_for_online(&["alice", "bob", "carol"]).await;
    drop(carol);
    alice.wait_for_online(&["alice", "bob"]).await;

    bob.type_in(2, group).await;
    assert_eq!(alice.wait_for("typing").await["user_id"], json!(UserId::from_name("bob")));
    // By now it has been told that somebody looks there too: what came of carol came after it.
    alice.type_in(2, group).await;
    assert_eq!(bob.wait_for("typing").await["user_id"], json!(UserId::from_name("alice")));
    assert_eq!((alice.got("typing").len(), bob.got("typing").len()), (1, 1));

    alice.ask(3, "close", json!({ "group_id": group })).await;
    let _dave = other.connect("dave").await;
    bob.wait_for_online(&["alice", "bob", "dave"]).await;
    alice.open(group).await;
    alice.wait_for_online(&["alice", "bob", "dave"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn past_the_limit_servers_add_their_numbers() {
    let (one, other) = two(Settings { online_named: 1, ..settings() }).await;
    let group = one.group(&["alice", "bob", "carol"]);
    let alice = one.connect("alice").await;
    let _others = [other.connect("bob").await, other.connect("carol").await];
    alice.open(group).await;
    let many = json!({ "group_id": group, "online": 3, "user_ids": null });
    wait_until(|| alice.got("presence").last() == Some(&many)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_died_is_believed_for_a_while_and_no_longer() {
    let brief = Settings { told_online_for: 40 * SOON, ..settings() };
    let (one, other) = two(brief).await;
    let group = one.group(&["alice", "bob"]);
    let (alice, _bob) = (one.connect("alice").await, other.connect("bob").await);
    alice.open(group).await;
    alice.wait_for_online(&["alice", "bob"]).await;
    // It dies without a word.
    other.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    alice.wait_for_online(&["alice"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_of_groups_that_nobody_has_open() {
    let bench = Bench::with(settings()).await;
    let mut ear = bench.broker.hear_all();
    let [open, closed] = [bench.group(&["alice", "bob"]), bench.group(&["alice", "bob"])];
    let alice = bench.connect("alice").await;
    alice.open(open).await;
    let bob = bench.connect("bob").await;
    bob.type_in(1, closed).await;
    drop(bob);
    let mut heard = 0;
    while heard < 5 {
        let delivery = tokio::time::timeout(Duration::from_secs(10), ear.deliveries.next()).await;
        let delivery = delivery.unwrap().unwrap();
        if let engine_interfaces::Delivery::Whisper(whisper) = delivery {
            assert_eq!(whisper.group_id, open);
            heard += 1;
        }
    }
}
