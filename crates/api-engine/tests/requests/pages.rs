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
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src '") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        let text = String::from_utf8_lossy(&page.body);
        assert!(!text.contains("src=\"http") && !text.contains("href=\"http"), "{text}");
        assert!(!text.contains("<script>"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_may_load_its_own_files_and_talk_to_real_time() {
    let settings = Settings { realtime_url: "https://live.example.com".into(), ..Settings::default() };
    let api = Api::with(factories::settings(), settings).await;
    let page = api.get("/").send().await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(policy.contains("script-src 'self';"), "{policy}");
    assert!(
        policy.contains("connect-src 'self' https://live.example.com wss://live.example.com;"),
        "{policy}"
    );
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("cache-control"), Some("no-cache"), "the next start may bring another");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_loads_is_kept_for_ever_and_packed_for_who_can_unpack() {
    let api = Api::start().await;
    let plain = api.get("/assets/index-1a2b.js").send().await;
    assert_eq!(&plain.body[..], b"a script");
    assert_eq!(plain.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(plain.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(plain.header("content-encoding"), None);
    let vary: Vec<_> = plain.headers.get_all("vary").map(|value| value.to_str().unwrap()).collect();
    assert_eq!(vary, ["Accept-Encoding", "Origin"]);

    let packed = api.get("/assets/index-1a2b.js").header("Accept-Encoding", "br, gzip").send().await;
    assert_eq!(&packed.body[..], b"packed script");
    assert_eq!(packed.header("content-encoding"), Some("gzip"));

    let tag = plain.header("etag").unwrap();
    let again = api.get("/assets/index-1a2b.js").header("If-None-Match", tag).send().await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    assert_eq!(again.header("cache-control"), plain.header("cache-control"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_stands_for_a_file_that_is_not_there() {
    let api = Api::start().await;
    for path in ["/assets/none.js", "/assets/..%2findex.html", "/assets/", "/index.html", "/groups"] {
        let answer = api.get(path).send().await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (404, &json!(40_400)), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_without_the_page_says_so() {
    let mut api = Api::start().await;
    api.engine.page = &[];
    let answer = api.get("/").send().await;
    assert_eq!(answer.status, 200);
    assert!(String::from_utf8_lossy(&answer.body).contains("/docs"));
    assert_eq!(api.get("/assets/index-1a2b.js").send().await.status, 404);
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
