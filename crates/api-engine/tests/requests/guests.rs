//! Guests: how they come, what they may not do, and how they go.

use std::time::Duration;

use api_engine::Settings;
use auth_engine::factories;
use serde_json::json;

use crate::support::Api;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn open() -> Api {
    limited(100).await
}

async fn limited(guests_per_network: u32) -> Api {
    let auth = auth_engine::Settings { guests: true, guests_per_network, ..factories::settings() };
    Api::with(auth, Settings { guests: true, ..Settings::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_is_made_and_signed_in_at_once() {
    let api = open().await;
    assert_eq!(api.get("/config.json").send().await.json()["guests"], true);
    let made = api.post("/api/v1/users/guest").send().await;
    assert_eq!((made.status.as_u16(), made.header("location")), (201, Some("/api/v1/users/me")));
    assert_eq!(made.header("cache-control"), Some("no-store"));
    assert_eq!(made.header("authorization"), Some(format!("Bearer {}", made.text("token")).as_str()));
    let body = made.json();
    assert_eq!((&body["guest"], &body["email"]), (&json!(true), &json!(null)));
    let me = api.get("/api/v1/users/me").header("Authorization", made.header("authorization").unwrap());
    let me = me.send().await.json();
    assert_eq!((&me["guest"], &me["email"], &me["name"]), (&json!(true), &json!(null), &body["name"]));

    let whatever_is_sent = api.post("/api/v1/users/guest").body("{not read").send().await;
    assert_eq!(whatever_is_sent.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_are_none_the_door_says_so() {
    let api = Api::start().await;
    assert_eq!(api.get("/config.json").send().await.json()["guests"], false);
    let refused = api.post("/api/v1/users/guest").send().await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, 40304));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_has_so_many_guests_in_an_hour() {
    let api = limited(1).await;
    api.guest().await;
    let refused = api.post("/api/v1/users/guest").send().await;
    assert_eq!((refused.code(), refused.header("retry-after")), (42901, Some("3600")));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_guests_chat_in_a_group_of_their_own() {
    let api = open().await;
    let (one, two) = (api.guest().await, api.guest().await);
    let group = api.group(&one).await;
    api.join(&group, &one, &two, "admin").await;
    api.message(&group, &one, "hello").await;
    let seen = api.get(&format!("/api/v1/groups/{group}")).by(&two).send().await.json();
    assert_eq!((&seen["messages"][0]["message"], &seen["unread_count"]), (&json!("hello"), &json!(1)));
    let members = api.get(&format!("/api/v1/groups/{group}/members")).by(&two).send().await.json();
    assert_eq!(members["members"][1]["name"], json!(two.name));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_brings_in_nobody_but_guests() {
    let api = open().await;
    let (guest, ann) = (api.guest().await, api.caller().await);
    let group = api.group(&guest).await;
    let path = format!("/api/v1/groups/{group}");
    let members = format!("{path}/members");
    let refused = api.post(&members).by(&guest).json(&json!({"member": {"user_id": ann.id}})).send().await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, 40301));
    // The same for an address that somebody has and for one that nobody has.
    for email in [ann.email.as_str(), "nobody@example.com"] {
        let add = api.post(&members).by(&guest).json(&json!({"member": {"email": email}}));
        assert_eq!(add.send().await.code(), 40301, "{email}");
    }
    let invite = json!({"invitation": {"uses": 1}});
    let invited = api.post(&format!("{path}/invitations")).by(&guest).json(&invite).send().await;
    assert_eq!((invited.code(), invited.text("message")), (40301, "A guest can't do this".into()));
    assert_eq!(api.get(&format!("{path}/invitations")).by(&guest).send().await.code(), 40301);
    let hook = json!({"webhook": {"url": "https://example.com/"}});
    assert_eq!(api.post(&format!("{path}/webhooks")).by(&guest).json(&hook).send().await.code(), 40301);
    assert_eq!(api.get(&format!("{path}/webhooks")).by(&guest).send().await.code(), 40301);

    let (_, code) = api.invite(&api.group(&ann).await, &ann).await;
    let joined = api.post(&format!("/api/v1/invitations/{code}/accept")).by(&guest).send().await;
    assert_eq!(joined.status, 201, "but may be invited");
    let by_their_id = api.post(&format!("/api/v1/groups/{}/members", api.group(&ann).await)).by(&ann);
    let by_their_id = by_their_id.json(&json!({"member": {"email": guest.id}})).send().await;
    assert_eq!(by_their_id.code(), 40403, "an id is no address");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_has_no_password_to_change_or_to_show() {
    let api = open().await;
    let guest = api.guest().await;
    let change =
        json!({"user": {"name": "Ann", "password": "a password of mine", "current_password": "any"}});
    assert_eq!(api.patch("/api/v1/users/me").by(&guest).json(&change).send().await.code(), 40301);
    let sign_in = json!({"user": {"email": guest.id, "password": ""}});
    assert_eq!(api.post("/api/v1/users/sign_in").json(&sign_in).send().await.code(), 40101);
    let end = api.delete("/api/v1/users/me").by(&guest).json(&json!({"user": {}})).send().await;
    assert_eq!(end.status, 202);
    assert_eq!(api.get("/api/v1/users/me").by(&guest).send().await.code(), 40104);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_later_nothing_is_left_of_a_guest() {
    let api = open().await;
    let (guest, owner) = (api.guest().await, api.caller().await);
    let group = api.group(&owner).await;
    api.join(&group, &owner, &guest, "member").await;
    let said = api.message(&group, &guest, "I was here").await;
    api.clock.advance(DAY - Duration::from_secs(2));
    api.work().await;
    assert_eq!(api.get("/api/v1/users/me").by(&guest).send().await.status, 200);

    api.clock.advance(Duration::from_secs(2));
    api.work().await;
    let refused = api.get("/api/v1/users/me").by(&guest).send().await;
    assert_eq!(refused.code(), 40104);
    // The job that ended the account caused the one that erases the rest.
    api.work().await;
    let owner = api.sign_in(&owner).await;
    let path = format!("/api/v1/groups/{group}/messages/{}", said["id"].as_str().unwrap());
    let tombstone = api.get(&path).by(&owner).send().await.json();
    assert_eq!((&tombstone["user_id"], &tombstone["message"]), (&json!(null), &json!(null)));
    let seen = api.get(&format!("/api/v1/groups/{group}")).by(&owner).send().await.json();
    assert_eq!(seen["member_count"], 1);
}
