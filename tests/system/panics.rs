//! A panic in a handler: an answer for who asked, an item for who looks after errors, and nothing more.

use std::fs;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use test_support::{RedisServer, RollbarServer};

use crate::support::{Person, Shape};

/// A point in every handler that asks who calls; `api` has it with the feature `failpoints`.
const POINT: &str = "request.authenticated";

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_a_handler_is_reported_with_its_request() {
    let (points, rollbar) = (TempDir::new().unwrap(), RollbarServer::start().await);
    let redis = RedisServer::start().await;
    let url = redis.url();
    let shape = Shape::over(redis, url, |command| {
        command
            .env("FAIL_POINTS", points.path())
            .env("ROLLBAR_TOKEN", "a-token")
            .env("ROLLBAR_URL", rollbar.url())
            .env("ROLLBAR_ENVIRONMENT", "system test")
            .env("RUST_BACKTRACE", "1");
    })
    .await;
    let person = Person::at(shape.apis[0].api()).await;
    fs::write(points.path().join(POINT), "panic").unwrap();

    let answer = person.request(Method::GET, "/users/me").send().await.unwrap();
    assert!(!points.path().join(POINT).exists(), "build `api` with its feature failpoints");
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let refusal: Value = answer.json().await.unwrap();
    assert!(!refusal.to_string().contains("planted"), "{refusal}");

    let call = rollbar.next().await;
    let item = call.item;
    assert_eq!((call.token.as_str(), item["level"].as_str()), ("a-token", Some("critical")));
    assert_eq!(item["environment"], "system test");
    assert_eq!(item["custom"]["process"], "api");
    assert_eq!(item["custom"]["request.id"], refusal["request_id"]);
    assert_eq!(item["person"]["id"], person.id.to_string());
    let calls: Vec<_> = item["body"]["trace"]["frames"].as_array().unwrap().iter().rev().collect();
    let file = calls[0]["filename"].as_str().unwrap();
    assert!(file.ends_with("fail-points/src/armed.rs"), "{file}");
    let ours = |call: &&Value| call["filename"].as_str().unwrap().ends_with("api-engine/src/current_user.rs");
    assert!(calls.iter().any(ours), "who called is told: {calls:#?}");
    assert!(!item.to_string().contains("planted"), "not what it said: {item}");

    let again = person.request(Method::GET, "/users/me").send().await.unwrap();
    assert_eq!(again.status(), StatusCode::OK, "the process goes on");
}
