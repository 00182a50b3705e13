//! What is asked in the wrong place or the wrong way, and what every answer carries.

use api_engine::Settings;
use auth_engine::factories;

use crate::support::Api;

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_are_not_found() {
    let api = Api::start().await;
    for path in [
        "/nothing",
        "/api/v1",
        "/api/v1/",
        "/api/v1/groups/",
        "/api/v2/groups",
        "//",
        "/%ff",
        "/docs/nothing.js",
    ] {
        for method in ["GET", "POST", "BREW"] {
            if path.starts_with("/docs") && method != "GET" {
                continue;
            }
            let missing = api.call(method, path).send().await;
            assert_eq!((missing.status.as_u16(), missing.code()), (404, 40400), "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_tells_which_methods_it_has() {
    let api = Api::start().await;
    for (method, path, allow) in [
        ("PUT", "/api/v1/groups", "GET, POST"),
        ("HEAD", "/api/v1/groups", "GET, POST"),
        ("GET", "/api/v1/users", "POST"),
        ("OPTIONS", "/api/v1/users/me", "GET, PATCH, DELETE"),
        ("BREW", "/livez", "GET"),
        ("POST", "/", "GET"),
    ] {
        let refused = api.call(method, path).send().await;
        assert_eq!((refused.status.as_u16(), refused.code()), (405, 40500), "{method} {path}");
        assert_eq!(refused.header("allow"), Some(allow));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_cannot_be_decoded_is_refused() {
    let api = Api::start().await;
    let user = api.caller().await;
    for path in ["/api/v1/groups/%ff", "/api/v1/groups/%zz", "/api/v1/groups/%C0%80/members"] {
        let refused = api.get(path).by(&user).send().await;
        assert_eq!((refused.status.as_u16(), refused.code()), (400, 40002), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_the_callers_request_id_when_it_is_a_sane_one() {
    let api = Api::start().await;
    for path in ["/livez", "/nothing", "/api/v1/groups"] {
        let answer = api.get(path).header("X-Request-Id", "mine-1.a_b").send().await;
        assert_eq!(answer.header("x-request-id"), Some("mine-1.a_b"), "{path}");
        if answer.status.is_client_error() {
            assert_eq!(answer.text("request_id"), "mine-1.a_b");
        }
        let long = "x".repeat(129);
        for insane in ["a b", "<script>", long.as_str()] {
            let answer = api.get(path).header("X-Request-Id", insane).send().await;
            assert_eq!(answer.header("x-request-id").map(str::len), Some(36), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_of_allowed_origins_read_answers_and_others_do_not() {
    let settings =
        Settings { allowed_origins: vec!["https://chat.example.com".into()], ..Settings::default() };
    let api = Api::with(factories::settings(), settings).await;

    let ours = api.get("/livez").header("Origin", "https://chat.example.com").send().await;
    assert_eq!(ours.header("access-control-allow-origin"), Some("https://chat.example.com"));
    assert_eq!(ours.header("access-control-allow-credentials"), None);
    let exposed = ours.header("access-control-expose-headers").unwrap().to_lowercase();
    for name in ["authorization", "location", "etag", "x-request-id", "retry-after", "idempotent-replayed"] {
        assert!(exposed.contains(name), "{exposed}");
    }
    let refused = api.get("/nothing").header("Origin", "https://chat.example.com").send().await;
    assert_eq!(refused.header("access-control-allow-origin"), Some("https://chat.example.com"));

    for origin in
        ["https://evil.example.com", "https://chat.example.com.evil", "http://chat.example.com", "null"]
    {
        let theirs = api.get("/livez").header("Origin", origin).send().await;
        assert_eq!(
            (theirs.status.as_u16(), theirs.header("access-control-allow-origin")),
            (200, None),
            "{origin}"
        );
    }
    assert_eq!(api.get("/livez").send().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_allows_what_clients_send() {
    let settings =
        Settings { allowed_origins: vec!["https://chat.example.com".into()], ..Settings::default() };
    let api = Api::with(factories::settings(), settings).await;
    let preflight = |origin: &'static str| {
        api.call("OPTIONS", "/api/v1/groups")
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "PATCH")
            .header("Access-Control-Request-Headers", "authorization,idempotency-key")
    };
    let allowed = preflight("https://chat.example.com").preflight().await;
    assert_eq!(allowed.status, 204);
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://chat.example.com"));
    let methods = allowed.header("access-control-allow-methods").unwrap();
    assert!(
        ["GET", "POST", "PUT", "PATCH", "DELETE"].iter().all(|method| methods.contains(method)),
        "{methods}"
    );
    let headers = allowed.header("access-control-allow-headers").unwrap().to_lowercase();
    for name in ["authorization", "content-type", "idempotency-key", "if-none-match", "x-request-id"] {
        assert!(headers.contains(name), "{headers}");
    }
    let refused = preflight("https://evil.example.com").send().await;
    assert_eq!((refused.code(), refused.header("access-control-allow-origin")), (40500, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_tells_nothing_of_its_cause() {
    let api = Api::start().await;
    let answer = api.get("/api/v1/groups").header("Authorization", "Bearer a.b.c").send().await;
    let text = String::from_utf8_lossy(&answer.body).to_lowercase();
    for word in ["jsonwebtoken", "base64", "serde", "sql", "rust"] {
        assert!(!text.contains(word), "{text}");
    }
}
