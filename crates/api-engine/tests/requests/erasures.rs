//! Ending one's account.

use auth_engine::factories::PASSWORD;
use serde_json::{Value, json};

use crate::support::{Api, Caller, basic};

async fn erase(api: &Api, caller: &Caller, password: &str) -> crate::support::Answer {
    let body = json!({"user": {"current_password": password}});
    api.delete("/api/v1/users/me").by(caller).json(&body).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_is_out_at_once_and_leaves_tombstones() {
    let api = Api::start().await;
    let (owner, author) = (api.caller().await, api.caller().await);
    let group = api.group(&owner).await;
    api.join(&group, &owner, &author, "member").await;
    let message = api.message(&group, &author, "hello").await;

    assert_eq!(erase(&api, &author, PASSWORD).await.status, 202);

    let me = api.get("/api/v1/users/me");
    assert_eq!(me.by(&author).send().await.code(), 40104);
    let me = api.get("/api/v1/users/me").header("Authorization", &basic(&author.email, PASSWORD));
    assert_eq!(me.send().await.code(), 40101);
    let users = format!("/api/v1/groups/{group}/users?ids={}", author.id);
    let named = api.get(&users).by(&owner).send().await.json();
    assert_eq!(named["users"], json!([{"id": author.id, "name": null}]));
    let again = json!({"user": {"name": "New", "email": author.email, "password": PASSWORD}});
    assert_eq!(api.post("/api/v1/users").json(&again).send().await.status, 201, "the address is free");

    api.work().await;
    let path = format!("/api/v1/groups/{group}/messages/{}", message["id"].as_str().unwrap());
    let tombstone = api.get(&path).by(&owner).send().await.json();
    let shown = [&tombstone["user_id"], &tombstone["message"], &tombstone["erased"], &tombstone["seq"]];
    assert_eq!(shown, [&Value::Null, &Value::Null, &json!(true), &json!(1)]);
    let page = api.get(&format!("/api/v1/groups/{group}")).by(&owner).send().await.json();
    assert_eq!((&page["member_count"], &page["messages"][0]), (&json!(1), &tombstone));
    let body = json!({"message": {"id": message["id"], "message": "hello"}});
    let taken = api.post(&format!("/api/v1/groups/{group}/messages")).by(&owner).json(&body).send().await;
    assert_eq!(taken.code(), 40902);
    let known = api.get(&users).by(&owner).send().await.json();
    assert_eq!(known["users"], json!([]), "nothing in the group names them any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_erased_without_their_password() {
    let api = Api::start().await;
    let caller = api.caller().await;
    let wrong = erase(&api, &caller, "not this one").await;
    assert_eq!((wrong.code(), wrong.detail()), (42201, ("current_password".into(), "format".into())));
    let missing = api.delete("/api/v1/users/me").by(&caller).json(&json!({"user": {}})).send().await;
    assert_eq!((missing.code(), missing.detail()), (42202, ("current_password".into(), "missing".into())));
    assert_eq!(api.delete("/api/v1/users/me").by(&caller).send().await.code(), 41500);
    assert_eq!(api.get("/api/v1/users/me").by(&caller).send().await.status, 200);
}
