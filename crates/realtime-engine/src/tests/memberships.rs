//! Joins, leaves and revocations reach open sockets, by hint or by comparing.

use std::time::Duration;

use engine_interfaces::{Clock, Control, GroupId, MemberChange, RevokedTokens, Role, SystemClock, UserId};
use serde_json::json;

use super::Bench;
use crate::{doubles::wait_until, settings::Settings};

fn member(group_id: GroupId, user: &str, change: MemberChange, role: Option<Role>) -> Control {
    Control::Member { group_id, user_id: UserId::from_name(user), change, role }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_member_hears_of_it_and_gets_what_comes() {
    let bench = Bench::new().await;
    let group = bench.group(&["alice"]);
    bench.chat.store(group, 3);
    let alice = bench.connect("alice").await;
    let bob = bench.connect("bob").await;
    bench.chat.add(group, "bob");
    bench.control(member(group, "bob", MemberChange::Joined, Some(Role::Member)));
    bench.send(group, 1).await;
    let expected = json!({
        "group_id": group, "user_id": UserId::from_name("bob"), "change": "joined", "role": "member"
    });
    assert_eq!(bob.wait_for("member").await, expected);
    assert_eq!(alice.wait_for("member").await, expected);
    bob.wait_for_seqs([4]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_nobody_here_was_in_is_followed_from_the_join() {
    let bench = Bench::new().await;
    let bob = bench.connect("bob").await;
    let group = bench.group(&["bob"]);
    bench.control(member(group, "bob", MemberChange::Joined, Some(Role::Owner)));
    assert_eq!(bob.wait_for("member").await["role"], "owner");
    bench.send(group, 2).await;
    bob.wait_for_seqs([1, 2]).await;
    assert!(bob.got("resync").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_hears_of_it_and_of_nothing_more() {
    let bench = Bench::new().await;
    let (left, kept) = (bench.group(&["alice", "bob"]), bench.group(&["bob"]));
    let alice = bench.connect("alice").await;
    let bob = bench.connect("bob").await;
    bench.chat.remove(left, "bob");
    bench.control(member(left, "bob", MemberChange::Left, None));
    bench.send(left, 1).await;
    bench.send(kept, 1).await;
    alice.wait_for_seqs([1]).await;
    bob.wait_for_seqs([1]).await;
    assert_eq!(bob.got("message")[0]["group_id"], kept.to_string());
    assert_eq!(bob.wait_for("member").await["change"], "left");
    assert_eq!(alice.got("member").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_told_to_all() {
    let bench = Bench::new().await;
    let group = bench.group(&["alice", "bob"]);
    let alice = bench.connect("alice").await;
    let bob = bench.connect("bob").await;
    bench.control(member(group, "bob", MemberChange::Role, Some(Role::Admin)));
    for peer in [&alice, &bob] {
        assert_eq!(peer.wait_for("member").await["role"], "admin");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_group_is_left_by_everybody() {
    let bench = Bench::new().await;
    let group = bench.group(&["alice", "bob"]);
    let alice = bench.connect("alice").await;
    let bob = bench.connect("bob").await;
    bench.chat.delete(group);
    bench.control(Control::GroupDeleted { group_id: group });
    for (peer, name) in [(&alice, "alice"), (&bob, "bob")] {
        let left = peer.wait_for("member").await;
        assert_eq!(left["user_id"], UserId::from_name(name).to_string());
        assert_eq!(left["change"], "left");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn joins_leaves_and_deletions_that_were_not_heard_of_are_found_by_comparing() {
    let bench = Bench::new().await;
    let (old, gone) = (bench.group(&["alice"]), bench.group(&["alice"]));
    let alice = bench.connect("alice").await;
    bench.chat.remove(old, "alice");
    bench.chat.delete(gone);
    let new = bench.group(&["alice"]);
    bench.chat.store(new, 2);
    bench.node.compare_all_sessions().await;
    wait_until(|| alice.got("member").len() == 3).await;
    let expected = json!({ "group_id": new, "last_seq": 2 });
    assert_eq!(alice.wait_for("resync").await, expected);
    bench.send(old, 1).await;
    bench.send(new, 1).await;
    alice.wait_for_seqs([3]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_closes_the_tokens_sockets_and_no_other() {
    let bench = Bench::new().await;
    let here = bench.connect("alice").await;
    let there = bench.connect("alice/phone").await;
    bench.control(Control::Revoked {
        user_id: UserId::from_name("alice"),
        tokens: RevokedTokens::One(bench.authentication.revoke("alice")),
    });
    assert_eq!(here.wait_for("closed").await["code"], 40104);
    here.wait_for_end().await;
    wait_until(|| bench.node.hub.sessions().len() == 1).await;
    assert!(!there.transport.is_closed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_closes_the_other_tokens_sockets() {
    let bench = Bench::new().await;
    let kept = bench.connect("alice").await;
    let other = bench.connect("alice/phone").await;
    bench.authentication.revoke("alice/phone");
    bench.control(Control::Revoked {
        user_id: UserId::from_name("alice"),
        tokens: RevokedTokens::AllBut(Some(bench.authentication.token("alice").id)),
    });
    other.wait_for_end().await;
    assert!(!kept.transport.is_closed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_that_was_not_heard_of_is_found_by_comparing() {
    let bench = Bench::new().await;
    let alice = bench.connect("alice").await;
    bench.authentication.revoke("alice");
    bench.node.compare_all_sessions().await;
    alice.wait_for_end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ends_with_its_token() {
    let bench = Bench::new().await;
    let soon = SystemClock.now().plus(Duration::from_millis(100));
    *bench.authentication.expires_at.lock().unwrap() = Some(soon);
    let alice = bench.connect("alice").await;
    assert_eq!(alice.wait_for("closed").await["code"], 40103);
    alice.wait_for_end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_shows_no_good_token_is_refused() {
    let bench = Bench::new().await;
    bench.authentication.revoke("mallory");
    for (auth, code) in [
        (json!({}), 40101),
        (json!({ "token": "" }), 40102),
        (json!({ "token": 7 }), 40102),
        (json!({ "token": "mallory" }), 40104),
        (json!({ "token": "alice", "have": [] }), 42204),
    ] {
        let peer = bench.dial(auth, 10);
        peer.wait_for_end().await;
        let frames = peer.transport.frames();
        let [refused] = &frames[..] else {
            panic!("one refusal, not {frames:?}");
        };
        let body: serde_json::Value = serde_json::from_str(&refused.as_str()[1..]).unwrap();
        assert_eq!(body["data"]["code"], code);
    }
    assert!(bench.node.hub.sessions().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_so_many_sockets_and_no_more() {
    let bench = Bench::with(Settings { max_sockets_per_user: 2, ..Settings::default() }).await;
    let first = bench.connect("alice").await;
    let _second = bench.connect("alice").await;
    let third = bench.dial(json!({ "token": "alice" }), 10);
    third.wait_for_end().await;
    assert!(third.transport.frames()[0].as_str().contains("42901"));
    first.client.receive("1");
    first.wait_for_end().await;
    wait_until(|| bench.node.hub.sessions().len() == 1).await;
    bench.connect("alice").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_nobody_is_in_is_forgotten_and_found_again() {
    let bench = Bench::new().await;
    let group = bench.group(&["alice"]);
    let alice = bench.connect("alice").await;
    alice.client.receive("1");
    wait_until(|| bench.node.hub.sessions().is_empty()).await;
    bench.node.hub.sweep();
    assert!(bench.node.hub.group(group).is_some(), "it may be needed in a moment");
    bench.node.hub.sweep();
    bench.node.bus.keep(|| bench.node.hub.slots()).await;
    assert!(bench.node.hub.group(group).is_none());
    bench.chat.store(group, 2);
    let alice = bench.connect("alice").await;
    bench.send(group, 1).await;
    alice.wait_for_seqs([3]).await;
}
