//! Signing up.

use api_engine::Settings;
use auth_engine::{SignUp, factories};
use serde_json::{Value, json};

use crate::support::Api;

fn alice() -> Value {
    json!({"user": {"name": "Alice", "email": "Alice@example.com", "password": "wonderland in june"}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_signs_up_and_is_signed_in() {
    let api = Api::start().await;
    let made = api.post("/api/v1/users").json(&alice()).send().await;

    assert_eq!(made.status, 201);
    assert_eq!(made.header("location"), Some("/api/v1/users/me"));
    assert_eq!(made.header("cache-control"), Some("no-store"));
    assert_eq!(made.header("authorization"), Some(format!("Bearer {}", made.text("token")).as_str()));
    let me = api
        .get("/api/v1/users/me")
        .header("Authorization", made.header("authorization").unwrap())
        .send()
        .await;
    assert_eq!(me.text("name"), "Alice");
    assert_eq!(me.json()["guest"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_taken_in_every_case_of_its_letters() {
    let api = Api::start().await;
    assert_eq!(api.post("/api/v1/users").json(&alice()).send().await.status, 201);
    let mut again = alice();
    again["user"]["email"] = "aLICE@EXAMPLE.COM".into();
    let refused = api.post("/api/v1/users").json(&again).send().await;
    assert_eq!(refused.code(), 42201);
    assert_eq!(refused.json()["details"], json!([{"field": "email", "rule": "taken"}]));
    assert_eq!(refused.text("message"), "Email has already been taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_broken_rule_is_named() {
    let api = Api::start().await;
    let body = json!({"user": {"name": " ", "email": "nobody", "password": "short"}});
    let refused = api.post("/api/v1/users").json(&body).send().await;
    let details = refused.json()["details"].clone();
    for detail in [
        json!({"field": "name", "rule": "blank"}),
        json!({"field": "email", "rule": "format"}),
        json!({"field": "password", "rule": "too_short"}),
    ] {
        assert!(details.as_array().unwrap().contains(&detail), "{details}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_door_says_so() {
    let closed = auth_engine::Settings { sign_up: SignUp::Closed, ..factories::settings() };
    let settings = Settings { sign_up_open: false, ..Settings::default() };
    let api = Api::with(closed, settings).await;
    assert_eq!(api.post("/api/v1/users").json(&alice()).send().await.code(), 40302);
    assert_eq!(api.get("/config.json").send().await.text("sign_up"), "closed");
}
