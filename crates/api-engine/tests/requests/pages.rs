//! What the service says of itself.

use std::sync::atomic::Ordering;

use api_engine::Settings;
use auth_engine::factories;
use serde_json::json;

use crate::support::Api;

#[tokio::test(flavor = "multi_thread")]
async fn clients_learn_where_real_time_is() {
    let settings = Settings { realtime_url: "https://live.example.com".into(), ..Settings::default() };
    let api = Api::with(factories::settings(), settings).await;
    let config = api.get("/config.json").send().await;
    assert_eq!(
        config.json(),
        json!({"realtime_url": "https://live.example.com", "sign_up": "open", "guests": false})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_load_nothing_from_elsewhere() {
    let api = Api::start().await;
    for path in ["/", "/docs/index.html"] {
        let page = api.get(path).send().await;
        assert!(page.header("content-type").unwrap().starts_with("text/html"), "{path}");
        assert!(page.header("content-security-policy").unwrap().starts_with("default-src '"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        let text = String::from_utf8_lossy(&page.body);
        assert!(!text.contains("src=\"http") && !text.contains("href=\"http"), "{text}");
        assert!(!text.contains("<script>"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn swagger_ui_shows_this_api() {
    let api = Api::start().await;
    assert_eq!(api.get("/docs").send().await.header("location"), Some("/docs/index.html"));
    let start = api.get("/docs/swagger-initializer.js").send().await;
    let start = String::from_utf8_lossy(&start.body);
    assert!(start.contains("\"/openapi.json\""), "{start}");
    assert!(start.contains("\"validatorUrl\": \"none\""), "{start}");
    assert_eq!(api.get("/docs/swagger-ui-bundle.js").send().await.status, 200);
    let described = api.get("/openapi.json").send().await;
    assert_eq!(String::from_utf8_lossy(&described.body), api_engine::openapi());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_alive_asks_nobody() {
    let api = Api::start().await;
    api.dependencies.store_away.store(true, Ordering::SeqCst);
    assert_eq!(api.get("/livez").send().await.json(), json!({"status": "ok"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_ready_while_all_that_it_needs_is_there() {
    let api = Api::start().await;
    api.dependencies.broker_away.store(true, Ordering::SeqCst);
    let ready = api.get("/readyz").send().await;
    let dependencies = json!({
        "broker": {"state": "away", "needed": false},
        "chat": {"state": "up", "needed": true},
    });
    assert_eq!(ready.json(), json!({"status": "ok", "dependencies": dependencies}));

    api.dependencies.store_away.store(true, Ordering::SeqCst);
    let red = api.get("/readyz").send().await;
    assert_eq!(red.status, 503);
    assert_eq!(red.headers.get("retry-after").unwrap(), "1");
    let body = red.json();
    assert_eq!((&body["status"], &body["code"]), (&json!("unavailable"), &json!(50_301)));
    assert_eq!(body["dependencies"]["chat"], json!({"state": "away", "needed": true}));
    assert_eq!(body["request_id"].as_str(), red.headers.get("x-request-id").and_then(|id| id.to_str().ok()));
}
