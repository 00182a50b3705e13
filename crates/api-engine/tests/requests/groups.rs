//! Groups.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::Api;

#[tokio::test(flavor = "multi_thread")]
async fn its_maker_owns_a_group() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let body = json!({"group": {"name": "Beer", "description": "On Fridays"}});
    let made = api.post("/api/v1/groups").by(&owner).json(&body).send().await;
    assert_eq!(made.status, 201);
    let group = made.json();
    assert_eq!(made.header("location"), Some(format!("/api/v1/groups/{}", made.text("id")).as_str()));
    assert_eq!(group["role"], "owner");
    assert_eq!(group["member_count"], 1);
    assert_eq!(group["last_message"], Value::Null);
    assert_eq!((group["last_seq"].as_i64(), group["unread_count"].as_i64()), (Some(0), Some(0)));
    assert_eq!(group["created_at"], "2026-01-01T00:00:00.000000Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_with_the_same_id_makes_no_second_group() {
    let api = Api::start().await;
    let (owner, other) = (api.caller().await, api.caller().await);
    let id = api.id();
    let body = json!({"group": {"id": id, "name": "Beer"}});
    let first = api.post("/api/v1/groups").by(&owner).json(&body).send().await;
    let bare = json!({"name": "Beer"});
    let again = api.post("/api/v1/groups").by(&owner).header("Idempotency-Key", &id).json(&bare).send().await;

    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200));
    assert_eq!(
        (first.header("idempotent-replayed"), again.header("idempotent-replayed")),
        (None, Some("true"))
    );
    assert_eq!(first.json(), again.json());

    let taken = api.post("/api/v1/groups").by(&other).json(&body).send().await;
    assert_eq!(taken.code(), 40902);
    let renamed = json!({"group": {"id": id, "name": "Wine"}});
    assert_eq!(api.post("/api/v1/groups").by(&owner).json(&renamed).send().await.code(), 40902);
    assert_eq!(
        api.get("/api/v1/groups").by(&owner).send().await.json()["groups"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn own_groups_are_listed_by_latest_activity_page_by_page() {
    let api = Api::start().await;
    let (owner, other) = (api.caller().await, api.caller().await);
    api.group(&other).await;
    let mut groups = Vec::new();
    for _ in 0..3 {
        groups.push(api.group(&owner).await);
        api.clock.advance(Duration::from_secs(1));
    }
    api.message(&groups[0], &owner, "now the latest").await;

    let mut seen = Vec::new();
    let mut path = "/api/v1/groups?limit=2".to_owned();
    for has_more in [true, false] {
        let page = api.get(&path).by(&owner).send().await.json();
        seen.extend(
            page["groups"].as_array().unwrap().iter().map(|group| group["id"].as_str().unwrap().to_owned()),
        );
        assert_eq!(page["page"]["has_more"], has_more);
        path = format!("/api/v1/groups?limit=2&cursor={}", page["page"]["next"].as_str().unwrap_or_default());
    }
    assert_eq!(seen, [groups[0].clone(), groups[2].clone(), groups[1].clone()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_comes_with_its_newest_messages() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    for text in ["one", "two", "three"] {
        api.message(&group, &owner, text).await;
    }
    let shown = api.get(&format!("/api/v1/groups/{group}?limit=2")).by(&owner).send().await.json();
    let texts: Vec<&str> =
        shown["messages"].as_array().unwrap().iter().map(|m| m["message"].as_str().unwrap()).collect();
    assert_eq!(texts, ["three", "two"]);
    assert_eq!(shown["page"], json!({"has_more": true, "before": 2, "after": 3}));
    assert_eq!(shown["last_message"]["message"], "three");
    assert_eq!((shown["last_seq"].as_i64(), shown["unread_count"].as_i64()), (Some(3), Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_group_is_good_until_anything_in_it_changes() {
    let api = Api::start().await;
    let (owner, member) = (api.caller().await, api.caller().await);
    let group = api.group(&owner).await;
    api.join(&group, &owner, &member, "member").await;
    let path = format!("/api/v1/groups/{group}");
    let mut tags = Vec::new();
    macro_rules! new_tag {
        ($what:literal) => {{
            let shown = api.get(&path).by(&member).send().await;
            assert_eq!(shown.header("cache-control"), Some("private, no-cache"));
            let tag = shown.header("etag").unwrap().to_owned();
            assert!(!tags.contains(&tag), $what);
            let copy = api.get(&path).by(&member).header("If-None-Match", &tag).send().await;
            assert_eq!((copy.status.as_u16(), copy.header("etag")), (304, Some(tag.as_str())), $what);
            assert_eq!(copy.header("cache-control"), Some("private, no-cache"));
            tags.push(tag);
        }};
    }
    new_tag!("at first");
    api.message(&group, &owner, "hello").await;
    new_tag!("a message");
    api.put(&format!("{path}/read")).by(&member).json(&json!({"read": {"seq": 1}})).send().await;
    new_tag!("the reader's marker");
    api.patch(&path).by(&owner).json(&json!({"group": {"name": "Renamed"}})).send().await;
    new_tag!("a name");
    let membership = format!("{path}/members/{}", member.id);
    api.patch(&membership).by(&owner).json(&json!({"member": {"role": "admin"}})).send().await;
    new_tag!("the reader's role");

    api.delete(&membership).by(&owner).send().await;
    let parted = api.get(&path).by(&member).header("If-None-Match", &tags[4]).send().await;
    assert_eq!(parted.code(), 40401, "who has left has no copy that is good");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_list_is_good_until_the_list_changes() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    let tag = api.get("/api/v1/groups").by(&owner).send().await.header("etag").unwrap().to_owned();
    let again = |tag: &str| api.get("/api/v1/groups").by(&owner).header("If-None-Match", tag).send();
    assert_eq!(again(&tag).await.status, 304);
    assert!(again(&tag).await.body.is_empty());
    api.message(&group, &owner, "hello").await;
    assert_eq!(again(&tag).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_group_is_gone() {
    let api = Api::start().await;
    let (owner, member) = (api.caller().await, api.caller().await);
    let group = api.group(&owner).await;
    api.join(&group, &owner, &member, "member").await;
    let path = format!("/api/v1/groups/{group}");
    assert_eq!(api.delete(&path).by(&owner).send().await.status, 204);
    for caller in [&owner, &member] {
        assert_eq!(api.get(&path).by(caller).send().await.code(), 40401);
        assert_eq!(api.get("/api/v1/groups").by(caller).send().await.json()["groups"], json!([]));
    }
}
