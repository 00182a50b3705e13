//! Coming back after an absence, over both transports.

use serde_json::json;

use crate::support::Server;

#[tokio::test(flavor = "multi_thread")]
async fn who_missed_900_messages_gets_them_all_in_order() {
    let server = Server::start().await;
    let (alice, bob) = (server.person().await, server.person().await);
    let group = server.group(&alice).member(bob.id).create().await.0.id;
    server.send_many(&alice, group, 900).await;
    for transport in ["websocket", "polling"] {
        let client = server.connect_over(transport, &bob, json!({ group.to_string(): 0 })).await;
        client.wait_for_seqs(1..=900).await;
        assert!(client.got("resync").is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_meanwhile_follows_what_was_missed() {
    let server = Server::start().await;
    let (alice, bob) = (server.person().await, server.person().await);
    let group = server.group(&alice).member(bob.id).create().await.0.id;
    server.send_many(&alice, group, 500).await;
    let (client, ()) = tokio::join!(
        server.connect_over("websocket", &bob, json!({ group.to_string(): 100 })),
        server.send(&alice, group, 200),
    );
    client.wait_for_seqs(101..=700).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_missed_5000_is_told_once_and_catches_up_by_asking() {
    let server = Server::start().await;
    let (alice, bob) = (server.person().await, server.person().await);
    let group = server.group(&alice).member(bob.id).create().await.0.id;
    server.send_many(&alice, group, 5_000).await;
    let client = server.connect_over("websocket", &bob, json!({ group.to_string(): 0 })).await;
    let resync = client.wait_for("resync").await;
    assert_eq!(resync, json!({ "group_id": group, "last_seq": 5_000 }));
    server.send(&alice, group, 1).await;
    client.wait_for_seqs([5_001]).await;

    let mut after = 0;
    loop {
        let answer =
            client.ask("catch_up", json!([{ "group_id": group, "after": after, "limit": 1_000 }])).await;
        for message in answer["messages"].as_array().unwrap() {
            after += 1;
            assert_eq!(message["seq"], after);
        }
        if answer["has_more"] == false {
            break;
        }
    }
    assert_eq!(after, 5_001);
    assert_eq!(client.got("resync").len(), 1);
}
