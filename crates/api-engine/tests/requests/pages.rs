//! What the service says of itself.

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
async fn a_healthy_process_is_alive_and_ready() {
    let api = Api::start().await;
    for path in ["/livez", "/readyz"] {
        assert_eq!(api.get(path).send().await.json(), json!({"status": "ok"}));
    }
}
