//! Invitations, made, listed, revoked and accepted.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, Api, Caller};

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

async fn make(api: &Api, group: &str, caller: &Caller, body: Value) -> Answer {
    api.post(&format!("/api/v1/groups/{group}/invitations")).by(caller).json(&body).send().await
}

async fn list(api: &Api, group: &str, caller: &Caller) -> Value {
    api.get(&format!("/api/v1/groups/{group}/invitations")).by(caller).send().await.json()
}

async fn accept(api: &Api, code: &str, caller: &Caller) -> Answer {
    api.post(&format!("/api/v1/invitations/{code}/accept")).by(caller).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_is_told_when_an_invitation_is_made_and_never_again() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    let made = make(&api, &group, &owner, json!({"invitation": {"expires_in": 60, "uses": 2}})).await;
    assert_eq!((made.status.as_u16(), made.header("cache-control")), (201, Some("no-store")));
    let mut shown = made.json()["invitation"].clone();
    let id = shown["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/groups/{group}/invitations/{id}");
    assert_eq!(made.header("location"), Some(path.as_str()));
    let code = shown.as_object_mut().unwrap().remove("code").unwrap();
    let code = code.as_str().unwrap();
    assert_eq!(code.len(), 43);
    assert!(code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{code}");
    assert_eq!((&shown["uses_left"], &shown["created_by"]), (&json!(2), &json!(owner.id)));

    let listed = list(&api, &group, &owner).await;
    assert_eq!(listed, json!({"invitations": [shown], "page": {"has_more": false, "next": null}}));
    assert_eq!(api.delete(&path).by(&owner).send().await.status, 204);
    assert_eq!(list(&api, &group, &owner).await["invitations"], json!([]));
    assert_eq!(api.delete(&path).by(&owner).send().await.code(), 40404);
    assert_eq!(api.delete(&format!("{path}x")).by(&owner).send().await.code(), 40404);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_code_joins_and_a_retry_spends_nothing() {
    let api = Api::start().await;
    let (owner, bob) = (api.caller().await, api.caller().await);
    let group = api.group(&owner).await;
    api.message(&group, &owner, "before they came").await;
    let (id, code) = api.invite(&group, &owner).await;

    let joined = accept(&api, &code, &bob).await;
    assert_eq!(joined.status, 201);
    assert_eq!(joined.header("location"), Some(format!("/api/v1/groups/{group}").as_str()));
    let again = accept(&api, &code, &bob).await;
    assert_eq!((again.status.as_u16(), again.json()), (200, joined.json()));
    let mut shown = api.get(&format!("/api/v1/groups/{group}")).by(&bob).send().await.json();
    for more in ["messages", "page"] {
        shown.as_object_mut().unwrap().remove(more);
    }
    assert_eq!(joined.json(), shown, "the group as they see it from now on");
    assert_eq!((&shown["role"], &shown["member_count"]), (&json!("member"), &json!(2)));
    assert_eq!(accept(&api, &code, &owner).await.status, 200);
    let listed = list(&api, &group, &owner).await["invitations"][0].clone();
    assert_eq!((&listed["id"], &listed["uses_left"]), (&json!(id), &json!(9)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lets_nobody_in_is_answered_byte_for_byte_alike() {
    let api = Api::start().await;
    let (owner, bob, carol) = (api.caller().await, api.caller().await, api.caller().await);
    let group = api.group(&owner).await;
    let code = |made: &Answer| made.json()["invitation"]["code"].as_str().unwrap().to_owned();
    let once = json!({"invitation": {"uses": 1, "expires_in": 3600}});
    let spent = code(&make(&api, &group, &owner, once.clone()).await);
    assert_eq!(accept(&api, &spent, &bob).await.status, 201);
    let revoked = make(&api, &group, &owner, once.clone()).await;
    let path = revoked.header("location").unwrap().to_owned();
    assert_eq!(api.delete(&path).by(&owner).send().await.status, 204);
    let expired = code(&make(&api, &group, &owner, once).await);
    api.clock.advance(Duration::from_secs(3600));

    let mut answers = Vec::new();
    for code in
        [&spent, &code(&revoked), &expired, &"A".repeat(43), &spent[..42], "nonsense", &format!("{spent}=")]
    {
        let path = format!("/api/v1/invitations/{code}/accept");
        let refused = api.post(&path).by(&carol).header("X-Request-Id", "same").send().await;
        assert_eq!((refused.status.as_u16(), refused.code()), (404, 40404));
        answers.push((refused.body.clone(), format!("{:?}", refused.headers)));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    let deleted = api.delete(&format!("/api/v1/groups/{group}")).by(&owner).send().await;
    assert_eq!(deleted.status, 204);
    let (other, gone) = (api.group(&owner).await, api.caller().await);
    let (_, code) = api.invite(&other, &owner).await;
    assert_eq!(api.delete(&format!("/api/v1/groups/{other}")).by(&owner).send().await.status, 204);
    assert_eq!(accept(&api, &code, &gone).await.code(), 40404);
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_are_within_limits_and_have_defaults() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    let made = make(&api, &group, &owner, json!({"invitation": {}})).await.json()["invitation"].clone();
    assert_eq!(made["uses_left"], 10);
    let time = |field: &str| made[field].as_str().unwrap().parse::<engine_interfaces::Timestamp>().unwrap();
    assert_eq!(time("expires_at"), time("created_at").plus(WEEK));

    for (body, code, field, rule) in [
        (json!({"expires_in": 0}), 42201, "expires_in", "range"),
        (json!({"expires_in": 2_592_001}), 42201, "expires_in", "range"),
        (json!({"expires_in": -1}), 42201, "expires_in", "range"),
        (json!({"uses": 0}), 42201, "uses", "range"),
        (json!({"uses": 1_001}), 42201, "uses", "range"),
        (json!({"uses": 1_u64 << 40}), 42201, "uses", "range"),
        (json!({"uses": 1.5}), 42204, "uses", "type"),
        (json!({"expires_in": "60"}), 42204, "expires_in", "type"),
        (json!({"expires_in": null}), 42204, "expires_in", "type"),
    ] {
        let refused = make(&api, &group, &owner, json!({ "invitation": body })).await;
        assert_eq!((refused.code(), refused.detail()), (code, (field.into(), rule.into())), "{body}");
    }
    assert_eq!(make(&api, &group, &owner, json!({})).await.code(), 42202);
    assert_eq!(make(&api, &group, &owner, json!({"uses": 1})).await.status, 201, "and bare");
    let unread = api.post(&format!("/api/v1/groups/{group}/invitations")).by(&owner).send().await;
    assert_eq!(unread.code(), 41500);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_has_a_hundred_at_most_and_they_are_listed_page_by_page() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    for _ in 0..100 {
        api.clock.advance(Duration::from_secs(1));
        assert_eq!(make(&api, &group, &owner, json!({"uses": 1})).await.status, 201);
    }
    let refused = make(&api, &group, &owner, json!({"uses": 1})).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, 40906));

    let path = format!("/api/v1/groups/{group}/invitations");
    let first = api.get(&format!("{path}?limit=60")).by(&owner).send().await.json();
    let cursor = first["page"]["next"].as_str().unwrap();
    let second = api.get(&format!("{path}?limit=60&cursor={cursor}")).by(&owner).send().await.json();
    assert_eq!(second["page"], json!({"has_more": false, "next": null}));
    let both = [&first, &second].map(|page| page["invitations"].as_array().unwrap().clone()).concat();
    let times: Vec<_> = both.iter().map(|one| one["created_at"].as_str().unwrap()).collect();
    assert_eq!(times.len(), 100);
    assert!(times.is_sorted_by(|one, next| one > next), "the newest first");
    assert_eq!(api.get(&format!("{path}?cursor=x")).by(&owner).send().await.code(), 42205);
    assert_eq!(api.get(&format!("{path}?limit=101")).by(&owner).send().await.code(), 42205);
}
