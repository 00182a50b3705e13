//! The reporter, over a server that speaks Rollbar's API for items.

use std::time::Duration;

use engine_interfaces::{Clock, ErrorReport, ErrorReporter, Secret, Severity, SystemClock};
use error_reports::{RollbarReporter, RollbarSettings};
use serde_json::json;
use test_support::{RollbarCall, RollbarServer};
use tokio::time::Instant;

const TOKEN: &str = "a-token-of-the-project";
const PATIENCE: Duration = Duration::from_secs(30);

fn settings(url: String) -> RollbarSettings {
    RollbarSettings {
        url,
        gather: Duration::from_millis(50),
        pause: Duration::from_millis(10),
        ..RollbarSettings::new(Secret::new(TOKEN), "staging".into(), "api".into())
    }
}

fn report(title: &str) -> ErrorReport {
    ErrorReport {
        at: SystemClock.now(),
        severity: Severity::Error,
        title: title.to_owned(),
        error: Some("the store is away: connection refused".to_owned()),
        place: "crates/api-engine/src/errors.rs:90".to_owned(),
        context: vec![
            ("request.id", "r-1".to_owned()),
            ("user.id", "u-1".to_owned()),
            ("http.route", "/api/v1/groups/{id}".to_owned()),
        ],
    }
}

#[tokio::test]
async fn an_error_becomes_an_item() {
    let rollbar = RollbarServer::start().await;
    let reporter = RollbarReporter::start(settings(rollbar.url().into())).unwrap();
    reporter.report(report("a request can't be answered"));
    let RollbarCall { token, item } = rollbar.next().await;
    assert_eq!(token, TOKEN);
    assert!(!item.to_string().contains(TOKEN), "the token is in the head alone");
    assert_eq!(item["environment"], "staging");
    assert_eq!(item["level"], "error");
    assert_eq!(item["title"], "a request can't be answered");
    assert_eq!(item["context"], "/api/v1/groups/{id}");
    assert_eq!(item["person"], json!({"id": "u-1"}));
    assert_eq!(item["custom"]["request.id"], "r-1");
    assert_eq!(item["custom"]["process"], "api");
    let trace = &item["body"]["trace"];
    assert_eq!(trace["exception"]["message"], "the store is away: connection refused");
    assert_eq!(trace["frames"], json!([{"filename": "crates/api-engine/src/errors.rs", "lineno": 90}]));
    assert!(item["timestamp"].as_i64().unwrap() > 1_700_000_000);
    reporter.end(PATIENCE).await;
}

#[tokio::test]
async fn a_panic_is_critical() {
    let rollbar = RollbarServer::start().await;
    let reporter = RollbarReporter::start(settings(rollbar.url().into())).unwrap();
    let mut panicked = ErrorReport { severity: Severity::Panic, error: None, ..report("panicked") };
    let calls = "0: api::errors\n  at /build/crates/api-engine/src/errors.rs:90:5\n1: api::main\n  at /build/bin/api/src/main.rs:7:1";
    panicked.context.push(("backtrace", calls.to_owned()));
    reporter.report(panicked);
    let item = rollbar.next().await.item;
    assert_eq!(item["level"], "critical");
    let frames = item["body"]["trace"]["frames"].as_array().unwrap();
    assert_eq!(frames.iter().map(|call| &call["method"]).collect::<Vec<_>>(), ["api::main", "api::errors"]);
    assert!(item["custom"]["backtrace"].is_null(), "{item}");
    assert_eq!(item["body"]["trace"]["exception"], json!({"class": "panic", "message": "panicked"}));
}

#[tokio::test]
async fn errors_that_are_the_same_are_one_item() {
    let rollbar = RollbarServer::start().await;
    let reporter = RollbarReporter::start(settings(rollbar.url().into())).unwrap();
    for _ in 0..20 {
        reporter.report(report("again and again"));
    }
    reporter.report(report("something else"));
    let (first, second) = (rollbar.next().await.item, rollbar.next().await.item);
    assert_eq!(first["custom"]["occurrences"], 20);
    assert_eq!(second["custom"]["occurrences"], 1);
    assert_ne!(first["fingerprint"], second["fingerprint"]);
    reporter.end(PATIENCE).await;
    assert!(rollbar.come().await.is_none(), "and no more");
}

#[tokio::test]
async fn what_is_nobodys_business_does_not_go_out() {
    let rollbar = RollbarServer::start().await;
    let reporter = RollbarReporter::start(settings(rollbar.url().into())).unwrap();
    let secrets = ["alice@example.com", "hunter2", "meet me at nine", "Zm9vYmFyMTExNDU2Nzg5MA"];
    reporter.report(ErrorReport {
        error: Some(
            "alice@example.com; postgres://parlour:hunter2@db/parlour; value \"meet me at nine\"; \
             Zm9vYmFyMTExNDU2Nzg5MA is no token"
                .to_owned(),
        ),
        ..report("it failed")
    });
    let item = rollbar.next().await.item;
    let text = item.to_string();
    for secret in secrets {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[tokio::test]
async fn an_item_is_sent_again_under_its_id_until_it_is_taken() {
    let rollbar = RollbarServer::answering(vec![503, 429, 200]).await;
    let reporter = RollbarReporter::start(settings(rollbar.url().into())).unwrap();
    reporter.report(report("once"));
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(rollbar.next().await.item["uuid"].clone());
    }
    assert!(ids.iter().all(|id| id == &ids[0] && id.is_string()), "{ids:?}");
    reporter.report(report("and the next"));
    assert_eq!(rollbar.next().await.item["title"], "and the next");
}

#[tokio::test]
async fn an_item_that_is_refused_is_not_sent_again() {
    let rollbar = RollbarServer::answering(vec![422, 200]).await;
    let reporter = RollbarReporter::start(settings(rollbar.url().into())).unwrap();
    reporter.report(report("refused"));
    assert_eq!(rollbar.next().await.item["title"], "refused");
    reporter.report(report("the next"));
    assert_eq!(rollbar.next().await.item["title"], "the next");
}

#[tokio::test]
async fn nobody_waits_for_a_rollbar_that_does_not_answer() {
    let rollbar = RollbarServer::answering(vec![0]).await;
    let settings =
        RollbarSettings { queue: 4, batch: 1, timeout: PATIENCE * 2, ..settings(rollbar.url().into()) };
    let reporter = RollbarReporter::start(settings).unwrap();
    reporter.report(report("the first"));
    rollbar.next().await;
    let began = Instant::now();
    for turn in 0..10_000 {
        reporter.report(report(&turn.to_string()));
    }
    assert!(began.elapsed() < Duration::from_secs(5), "what finds no room is dropped: {:?}", began.elapsed());
    reporter.end(Duration::from_millis(100)).await;
    assert!(began.elapsed() < PATIENCE, "the end waits no longer than it may");
}

#[tokio::test]
async fn what_waits_at_the_end_is_told() {
    let rollbar = RollbarServer::start().await;
    let settings = RollbarSettings { gather: PATIENCE * 10, batch: 2, ..settings(rollbar.url().into()) };
    let reporter = RollbarReporter::start(settings).unwrap();
    for turn in 0..5 {
        reporter.report(report(&format!("number {turn}")));
    }
    reporter.end(PATIENCE).await;
    for turn in 0..5 {
        assert_eq!(rollbar.come().await.unwrap().item["title"], format!("number {turn}"));
    }
}

#[tokio::test]
async fn a_bad_url_is_an_error_at_the_start() {
    for bad in ["rollbar", "ftp://rollbar.example/", ""] {
        assert!(RollbarReporter::start(settings(bad.into())).is_err(), "{bad}");
    }
}
