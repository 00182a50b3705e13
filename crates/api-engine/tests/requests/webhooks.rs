//! Web hooks, and what became of their deliveries.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use api_engine::Settings;
use async_trait::async_trait;
use auth_engine::factories;
use engine_interfaces::{GroupMessage, RingJob, RingJobs, RingJobsError, Term, Topic};
use notification_engine::WebhookSettings;
use serde_json::{Value, json};

use crate::support::{Answer, Api, Caller};

/// Takes the jobs of a topic's leader, and has none done.
struct NobodyWorks;

#[async_trait]
impl RingJobs for NobodyWorks {
    async fn enqueue(&self, _: Term, _: Vec<RingJob>) -> Result<(), RingJobsError> {
        Ok(())
    }
}

/// Works on a message as its topic's leader does.
async fn lead(api: &Api, message: &Value) {
    let message: GroupMessage = serde_json::from_value(message.clone()).unwrap();
    let handler = api.webhooks.handler(Arc::new(NobodyWorks));
    handler.handle(Term { topic: Topic(0), number: 1 }, &[Arc::new(message)]).await.unwrap();
}

async fn make(api: &Api, group: &str, owner: &Caller, body: Value) -> Answer {
    api.post(&format!("/api/v1/groups/{group}/webhooks")).by(owner).json(&body).send().await
}

/// A web hook of a group, and a delivery of it.
pub(crate) async fn delivered(api: &Api, group: &str, owner: &Caller) -> (String, String) {
    let made = make(api, group, owner, json!({"webhook": {"url": "https://example.com/"}})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let webhook = made.text("id");
    lead(api, &api.message(group, owner, "on its way").await).await;
    let path = format!("/api/v1/groups/{group}/webhooks/{webhook}/deliveries");
    let listed = api.get(&path).by(owner).send().await.json();
    (webhook, listed["deliveries"][0]["id"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_is_shown_when_a_web_hook_is_made_and_never_again() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    let made = make(&api, &group, &owner, json!({"webhook": {"url": "https://example.com/hook?x=1"}})).await;
    assert_eq!(made.status, 201);
    let id = made.text("id");
    assert_eq!(made.header("location"), Some(format!("/api/v1/groups/{group}/webhooks/{id}").as_str()));
    let made = made.json();
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    let shown = json!({
        "id": id, "group_id": group, "url": "https://example.com/hook?x=1", "created_by": owner.id,
        "created_at": made["created_at"],
    });
    let path = format!("/api/v1/groups/{group}/webhooks");
    let listed = api.get(&path).by(&owner).send().await;
    assert_eq!(listed.json(), json!({ "webhooks": [shown] }));

    assert_eq!(api.delete(&format!("{path}/{id}")).by(&owner).send().await.status, 204);
    assert_eq!(api.get(&path).by(&owner).send().await.json(), json!({ "webhooks": [] }));
    assert_eq!(api.delete(&format!("{path}/{id}")).by(&owner).send().await.code(), 40404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_makes_no_second_web_hook() {
    let api = Api::start().await;
    let (owner, admin) = (api.caller().await, api.caller().await);
    let group = api.group(&owner).await;
    api.join(&group, &owner, &admin, "admin").await;
    let body = json!({"webhook": {"id": api.id(), "url": "https://example.com/"}});
    let first = make(&api, &group, &owner, body.clone()).await;
    let again = make(&api, &group, &owner, body.clone()).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(first.json(), again.json(), "the secret too: the first answer may have been lost");

    assert_eq!(make(&api, &group, &admin, body.clone()).await.code(), 40902, "another's secret");
    let mut other = body;
    other["webhook"]["url"] = "https://example.com/other".into();
    assert_eq!(make(&api, &group, &owner, other).await.code(), 40902);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_has_ten_web_hooks_at_most() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    let body = json!({"webhook": {"url": "https://example.com/"}});
    for _ in 0..10 {
        assert_eq!(make(&api, &group, &owner, body.clone()).await.status, 201);
    }
    assert_eq!(make(&api, &group, &owner, body).await.code(), 40905);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_that_may_not_be_asked_is_refused_by_its_field() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    for (url, rule) in [
        ("", "blank"),
        ("example.com", "format"),
        ("http://127.0.0.1/", "format"),
        ("https://user:secret@example.com/", "format"),
        (&*format!("https://example.com/{}", "x".repeat(2_048)), "too_long"),
    ] {
        let refused = make(&api, &group, &owner, json!({"webhook": {"url": url}})).await;
        assert_eq!(refused.code(), 42201);
        assert_eq!(refused.json()["details"], json!([{ "field": "url", "rule": rule }]));
    }
    assert_eq!(make(&api, &group, &owner, json!({"webhook": {"id": api.id()}})).await.code(), 42202);
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_listed_page_by_page_and_tried_again_on_demand() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    let (webhook, first) = delivered(&api, &group, &owner).await;
    for n in 0..2 {
        lead(&api, &api.message(&group, &owner, &format!("{n}")).await).await;
    }
    let path = format!("/api/v1/groups/{group}/webhooks/{webhook}/deliveries");
    let page = api.get(&format!("{path}?limit=2")).by(&owner).send().await.json();
    let seqs = |page: &Value| -> Vec<i64> {
        page["deliveries"].as_array().unwrap().iter().map(|one| one["seq"].as_i64().unwrap()).collect()
    };
    assert_eq!((seqs(&page), &page["page"]["has_more"]), (vec![3, 2], &json!(true)));
    let cursor = page["page"]["next"].as_str().unwrap();
    let page = api.get(&format!("{path}?limit=2&cursor={cursor}")).by(&owner).send().await.json();
    assert_eq!((seqs(&page), &page["page"]), (vec![1], &json!({ "has_more": false, "next": null })));
    let delivery = &page["deliveries"][0];
    assert_eq!((delivery["id"].as_str(), &delivery["state"]), (Some(&*first), &json!("pending")));
    assert_eq!((&delivery["attempts"], &delivery["last_error"]), (&json!(0), &json!(null)));
    assert_eq!(api.get(&format!("{path}?cursor=x")).by(&owner).send().await.code(), 42205);

    assert_eq!(api.post(&format!("{path}/{first}/redeliver")).by(&owner).send().await.status, 202);
    let missing = api.post(&format!("{path}/{}/redeliver", api.id())).by(&owner).send().await;
    assert_eq!(missing.code(), 40405);
    let other = format!("/api/v1/groups/{group}/webhooks/{}/deliveries", api.id());
    assert_eq!(api.get(&other).by(&owner).send().await.code(), 40404);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_they_are_off_none_is_made() {
    let off = WebhookSettings { enabled: false, ..WebhookSettings::default() };
    let api = Api::with_webhooks(factories::settings(), Settings::default(), off).await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    let refused = make(&api, &group, &owner, json!({"webhook": {"url": "https://example.com/"}})).await;
    assert_eq!(refused.code(), 40303);
}
