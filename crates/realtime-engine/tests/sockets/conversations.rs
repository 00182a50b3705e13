//! What people see of each other.

use std::time::Duration;

use engine_interfaces::{Accounts, Authentication, Chat, Clock, Draft, Erasure, Secret, SystemClock};
use realtime_engine::Settings;
use serde_json::json;

use crate::support::Server;

#[tokio::test(flavor = "multi_thread")]
async fn two_users_see_each_others_messages_and_a_third_sees_none() {
    let server = Server::start().await;
    for transport in ["websocket", "polling"] {
        let (alice, bob, carol) = (server.person().await, server.person().await, server.person().await);
        let group = server.group(&alice).member(bob.id).create().await.0.id;
        let other = server.group(&carol).create().await.0.id;
        let [at_alices, at_bobs, at_carols] = [
            server.connect_over(transport, &alice, json!({})).await,
            server.connect_over(transport, &bob, json!({})).await,
            server.connect_over(transport, &carol, json!({})).await,
        ];
        for (client, text) in [(&at_alices, "Hello Bob"), (&at_bobs, "Hello Alice 🍺")] {
            let sent = client.ask("send", json!([{ "group_id": group, "message": text }])).await;
            assert_eq!(sent["ok"], true, "{sent}");
            assert_eq!(sent["replayed"], false);
            assert_eq!(sent["message"]["message"], text);
        }
        server.send(&carol, other, 1).await;
        for client in [&at_alices, &at_bobs] {
            client.wait_for_seqs([1, 2]).await;
            let messages = client.got("message");
            assert_eq!(messages[0]["message"], "Hello Bob");
            assert_eq!(messages[0]["user_id"], alice.id.to_string());
            assert_eq!(messages[1]["message"], "Hello Alice 🍺");
            assert_eq!(messages[1]["erased"], false);
        }
        at_carols.wait_for_seqs([1]).await;
        assert_eq!(at_carols.got("message")[0]["group_id"], other.to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_group_open_sees_who_is_there_and_who_types() {
    let server = Server::with(Settings { typing_every: Duration::ZERO, ..Settings::default() }).await;
    let (alice, bob) = (server.person().await, server.person().await);
    let group = server.group(&alice).member(bob.id).create().await.0.id;
    for transport in ["websocket", "polling"] {
        let at_alices = server.connect_over(transport, &alice, json!({})).await;
        let at_bobs = server.connect_over(transport, &bob, json!({})).await;
        let payload = json!([{ "group_id": group }]);
        assert_eq!(at_alices.ask("open", payload.clone()).await, json!({ "ok": true }));
        let mut both = [alice.id, bob.id];
        both.sort();
        let expected = json!({ "group_id": group, "online": 2, "user_ids": both });
        assert_eq!(at_alices.wait_for("presence").await, expected);
        assert_eq!(at_bobs.ask("typing", payload).await, json!({ "ok": true }));
        assert_eq!(at_alices.wait_for("typing").await, json!({ "group_id": group, "user_id": bob.id }));
        at_bobs.close().await;
        at_alices.wait_for_one_online().await;
        assert!(at_bobs.got("presence").is_empty());
        at_alices.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_is_answered_with_the_first_message_and_seen_once() {
    let server = Server::start().await;
    let alice = server.person().await;
    let group = server.group(&alice).create().await.0.id;
    let client = server.connect(&alice).await;
    let id = uuid::Uuid::from_u128(7).to_string();
    let send = json!([{ "group_id": group, "message": "once", "id": id }]);
    let first = client.ask("send", send.clone()).await;
    let second = client.ask("send", send).await;
    assert_eq!((&first["replayed"], &second["replayed"]), (&json!(false), &json!(true)));
    assert_eq!(first["message"], second["message"]);
    server.send(&alice, group, 1).await;
    client.wait_for_seqs([1, 2]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_member_sees_what_comes_and_a_removed_one_nothing_more() {
    let server = Server::start().await;
    let (alice, bob) = (server.person().await, server.person().await);
    let group = server.group(&alice).create().await.0.id;
    let kept = server.group(&bob).create().await.0.id;
    let at_bobs = server.connect(&bob).await;
    let at_alices = server.connect(&alice).await;
    server.send(&alice, group, 1).await;

    server.chat.add_member(alice.id, group, bob.id).await.unwrap();
    assert_eq!(at_bobs.wait_for("member").await["change"], "joined");
    server.send(&alice, group, 1).await;
    at_bobs.wait_for_seqs([2]).await;

    server.chat.remove_member(alice.id, group, bob.id).await.unwrap();
    server.send(&alice, group, 1).await;
    server.send(&bob, kept, 1).await;
    at_bobs.wait_for_seqs([2, 1]).await;
    let changes: Vec<_> = at_bobs.got("member").iter().map(|member| member["change"].clone()).collect();
    assert_eq!(changes, ["joined", "left"]);
    at_alices.wait_for_seqs([1, 2, 3]).await;
    let refused = at_bobs.ask("send", json!([{ "group_id": group, "message": "x" }])).await;
    assert_eq!(refused["error"]["code"], 40401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_group_is_left() {
    let server = Server::start().await;
    let (alice, bob) = (server.person().await, server.person().await);
    let group = server.group(&alice).member(bob.id).create().await.0.id;
    let at_bobs = server.connect(&bob).await;
    server.chat.delete_group(alice.id, group).await.unwrap();
    let left = at_bobs.wait_for("member").await;
    assert_eq!(left["change"], "left");
    assert_eq!(left["user_id"], bob.id.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_on_one_device_is_known_on_the_other() {
    let server = Server::start().await;
    let (alice, bob) = (server.person().await, server.person().await);
    let group = server.group(&alice).member(bob.id).create().await.0.id;
    server.send(&alice, group, 3).await;
    let phone = server.connect(&bob).await;
    let laptop = server.connect(&bob).await;
    let answer = phone.ask("read", json!([{ "group_id": group, "seq": 2 }])).await;
    assert_eq!(answer, json!({ "ok": true, "read_seq": 2 }));
    let expected = json!({ "group_id": group, "read_seq": 2 });
    assert_eq!(laptop.wait_for("read").await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_reads_is_closed_and_disturbs_nobody() {
    let server =
        Server::with(Settings { queue_bytes: 64 * 1024, max_sockets_per_user: 1, ..Settings::default() })
            .await;
    let (alice, bob) = (server.person().await, server.person().await);
    let group = server.group(&alice).member(bob.id).create().await.0.id;
    let at_alices = server.connect(&alice).await;
    let at_bobs = server.connect(&bob).await;
    at_bobs.pause().await;
    // Until the kernel's buffers are full and the server notices: then there is room for another socket.
    let text = "x".repeat(10_000);
    let mut sent = 0;
    let again = loop {
        for _ in 0..100 {
            let draft = Draft::new(alice.id, group, text.clone());
            server.chat.send_message(draft).await.unwrap();
        }
        sent += 100;
        at_alices.wait_for_seqs(1..=sent).await;
        let again = server.open(json!({ "auth": { "token": bob.token } })).await;
        if again.is_let_in().await {
            break again;
        }
        assert!(sent < 5_000, "a client that never reads is kept for ever");
    };
    server.send(&alice, group, 1).await;
    again.wait_for_seqs([sent + 1]).await;
    at_alices.wait_for_seqs(1..=sent + 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_and_comes_back_goes_on() {
    let server = Server::start().await;
    let alice = server.person().await;
    let group = server.group(&alice).create().await.0.id;
    let before = server.connect(&alice).await;
    server.send(&alice, group, 5).await;
    before.wait_for_seqs(1..=5).await;
    before.close().await;
    server.send(&alice, group, 5).await;
    let after = server.connect_over("websocket", &alice, json!({ group.to_string(): 5 })).await;
    server.send(&alice, group, 5).await;
    after.wait_for_seqs(6..=15).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_is_out_and_others_see_them_leave_and_their_messages_fade() {
    let server = Server::start().await;
    let (alice, bob) = (server.person().await, server.person().await);
    let group = server.group(&bob).member(alice.id).create().await.0.id;
    let at_alices = server.connect(&alice).await;
    let at_bobs = server.connect(&bob).await;
    server.send(&alice, group, 2).await;
    at_bobs.wait_for_seqs([1, 2]).await;

    let me = server.auth.authenticate_token(&alice.token).await.unwrap();
    let password = Secret::new(auth_engine::factories::PASSWORD);
    server.auth.erase_account(me, Some(password), [127, 0, 0, 1].into()).await.unwrap();
    assert_eq!(at_alices.wait_for("closed").await["code"], 40104);
    at_alices.wait_for("disconnect").await;

    let data = server.chat.personal_data(None);
    while data.erase(alice.id, SystemClock.now()).await.unwrap() == Erasure::NotYet {
        // What is announced is marked a moment later.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let left = at_bobs.wait_for("member").await;
    assert_eq!((&left["change"], &left["user_id"]), (&json!("left"), &json!(alice.id)));
    // A socket hears all in order.
    server.send(&bob, group, 1).await;
    at_bobs.wait_for_seqs([1, 2, 3]).await;
    let erased = [1, 2].map(|seq| json!({ "group_id": group, "seq": seq }));
    assert_eq!(at_bobs.got("erased"), erased);
}
