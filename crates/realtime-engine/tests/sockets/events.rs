//! Every event, from everybody, well formed or not: an answer, never silence.

use engine_interfaces::{Chat, GroupId};
use serde_json::{Value, json};

use crate::support::{Client, Server};

/// Every event of the contract with a payload that a member may send.
fn events(group: GroupId) -> [(&'static str, Value); 5] {
    [
        ("send", json!({ "group_id": group, "message": "Hello" })),
        ("catch_up", json!({ "group_id": group, "after": 0 })),
        ("read", json!({ "group_id": group, "seq": 1 })),
        ("open", json!({ "group_id": group })),
        ("typing", json!({ "group_id": group })),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_is_answered_and_others_see_no_group() {
    let server = Server::start().await;
    let [owner, admin, member, former, outsider] = [
        server.person().await,
        server.person().await,
        server.person().await,
        server.person().await,
        server.person().await,
    ];
    let group = server.group(&owner).member(admin.id).member(member.id).member(former.id);
    let group = group.create().await.0.id;
    let admin_role = engine_interfaces::Role::Admin;
    server.chat.change_role(owner.id, group, admin.id, admin_role).await.unwrap();
    server.chat.remove_member(owner.id, group, former.id).await.unwrap();
    server.send(&owner, group, 1).await;
    for person in [&owner, &admin, &member] {
        let client = server.connect(person).await;
        for (event, payload) in events(group) {
            let answer = client.ask(event, json!([payload])).await;
            assert_eq!(answer["ok"], true, "{event}: {answer}");
        }
    }
    // What can't be open is closed.
    for person in [&owner, &former, &outsider] {
        let answer = server.connect(person).await.ask("close", json!([{ "group_id": group }])).await;
        assert_eq!(answer, json!({ "ok": true }));
    }
    let nowhere = GroupId(uuid::Uuid::from_u128(9));
    for person in [&former, &outsider] {
        let client = server.connect(person).await;
        for ((event, private), (_, missing)) in events(group).into_iter().zip(events(nowhere)) {
            let private = client.ask(event, json!([private])).await;
            assert_eq!(private["error"]["code"], 40401, "{event}");
            assert_eq!(private, client.ask(event, json!([missing])).await, "{event}");
        }
    }
}

async fn code(client: &Client, event: &str, args: Value) -> Value {
    let answer = client.ask(event, args.clone()).await;
    assert!(answer["ok"].is_null(), "{event} {args}: {answer}");
    for field in ["title", "message"] {
        assert!(answer["error"][field].is_string(), "{event} {args}: {answer}");
    }
    answer["error"]["code"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_malformed_is_answered_with_an_error() {
    let server = Server::with(realtime_engine::Settings {
        events_per_second: 1_000,
        ..realtime_engine::Settings::default()
    })
    .await;
    let alice = server.person().await;
    let group = server.group(&alice).create().await.0.id;
    server.send(&alice, group, 1).await;
    let client = server.connect(&alice).await;
    for event in ["send", "catch_up", "read", "open", "close", "typing"] {
        for (args, expected) in [
            (json!([]), 42202),
            (json!([null]), 42202),
            (json!([7]), 42204),
            (json!(["x"]), 42204),
            (json!([[]]), 42204),
            (json!([{}]), 42202),
            (json!([{ "group_id": 7, "message": "x", "after": 0, "seq": 0 }]), 42204),
            (json!([{ "group_id": "x", "message": "x", "after": 0, "seq": 0 }]), 42201),
            (json!([{ "group_id": null, "message": "x", "after": 0, "seq": 0 }]), 42202),
        ] {
            assert_eq!(code(&client, event, args).await, expected, "{event}");
        }
    }
    for (event, payload, expected) in [
        ("send", json!({ "message": 7 }), 42204),
        ("send", json!({ "message": null }), 42202),
        ("send", json!({ "message": "" }), 42201),
        ("send", json!({ "message": " \n" }), 42201),
        ("send", json!({ "message": "a\u{0}b" }), 42201),
        ("send", json!({ "message": "x".repeat(10_001) }), 42201),
        ("send", json!({ "message": "x", "id": "y" }), 42201),
        ("send", json!({ "message": "x", "id": 7 }), 42204),
        ("catch_up", json!({}), 42202),
        ("catch_up", json!({ "after": "1" }), 42204),
        ("catch_up", json!({ "after": 1.5 }), 42204),
        ("catch_up", json!({ "after": -1 }), 42205),
        ("catch_up", json!({ "after": 0, "limit": 0 }), 42205),
        ("catch_up", json!({ "after": 0, "limit": 1_001 }), 42205),
        ("catch_up", json!({ "after": 0, "limit": "5" }), 42204),
        ("read", json!({}), 42202),
        ("read", json!({ "seq": "1" }), 42204),
        ("read", json!({ "seq": -1 }), 42205),
    ] {
        let mut payload = payload;
        payload["group_id"] = json!(group);
        assert_eq!(code(&client, event, json!([payload])).await, expected, "{event} {payload}");
    }
    let beyond = json!([{ "group_id": group, "seq": 99 }]);
    let beyond = code(&client, "read", beyond).await;
    assert_eq!(beyond.as_u64().unwrap() / 100, 422);
    for event in ["", "unknown", "message", "toString", "__proto__"] {
        assert_eq!(code(&client, event, json!([{}])).await, 40400, "{event}");
    }
    let mut deep = json!(1);
    for _ in 0..40 {
        deep = json!([deep]);
    }
    assert_eq!(code(&client, "send", json!([deep])).await, 40001);
    let extra = json!([{ "group_id": group, "message": "x", "unknown": [1, 2] }, "and more"]);
    assert_eq!(client.ask("send", extra).await["ok"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_as_long_as_the_contract_allows() {
    let server = Server::start().await;
    let alice = server.person().await;
    let group = server.group(&alice).create().await.0.id;
    for transport in ["websocket", "polling"] {
        let client = server.connect_over(transport, &alice, json!({})).await;
        let longest = "🍺".repeat(10_000);
        let sent = client.ask("send", json!([{ "group_id": group, "message": longest }])).await;
        assert_eq!(sent["message"]["message"], longest);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_too_fast_is_told_so() {
    let server = Server::with(realtime_engine::Settings {
        events_per_second: 3,
        ..realtime_engine::Settings::default()
    })
    .await;
    let alice = server.person().await;
    let client = server.connect(&alice).await;
    let mut codes = Vec::new();
    for _ in 0..6 {
        codes.push(code(&client, "x", json!([])).await);
    }
    assert_eq!(codes[0], 40400);
    assert!(codes.contains(&json!(42901)), "{codes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_past_the_limit_ends_the_connection_and_no_other() {
    let server = Server::start().await;
    let alice = server.person().await;
    let well = server.connect(&alice).await;
    for transport in ["websocket", "polling"] {
        let client = server.connect_over(transport, &alice, json!({})).await;
        client.send_huge().await;
        client.wait_for("disconnect").await;
    }
    assert_eq!(code(&well, "x", json!([])).await, 40400);
}

impl Client {
    async fn send_huge(&self) {
        self.emit("send", json!([{ "message": "x".repeat(300 * 1024) }])).await;
    }
}
