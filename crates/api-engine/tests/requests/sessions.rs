//! Signing in and out.

use auth_engine::factories::{self, PASSWORD};
use serde_json::{Value, json};

use crate::support::{Answer, Api, basic};

fn credentials(email: &str, password: &str) -> Value {
    json!({"user": {"email": email, "password": password}})
}

fn is_challenged(answer: &Answer, code: u64) {
    assert_eq!((answer.status.as_u16(), answer.code()), (401, code), "{answer:?}");
    assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer, Basic realm="parlour""#));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_password_gives_a_token() {
    let api = Api::start().await;
    let user = api.caller().await;
    let session = api.post("/api/v1/users/sign_in").json(&credentials(&user.email, PASSWORD)).send().await;
    assert_eq!(session.status, 200);
    assert_eq!(session.text("id"), user.id);
    assert_eq!(session.header("authorization"), Some(format!("Bearer {}", session.text("token")).as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_address_answer_alike() {
    let api = Api::start().await;
    let user = api.caller().await;
    let ask = |email: &str| {
        let call = api.post("/api/v1/users/sign_in").json(&credentials(email, "not this one"));
        call.header("X-Request-Id", "same").send()
    };
    let (wrong, unknown) = (ask(&user.email).await, ask("nobody@example.com").await);
    is_challenged(&wrong, 40101);
    assert_eq!(wrong.body, unknown.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_attempts_have_to_wait() {
    let settings = auth_engine::Settings { failures_per_address: 2, ..factories::settings() };
    let api = Api::with(settings, api_engine::Settings::default()).await;
    let user = api.caller().await;
    let mut last = None;
    for _ in 0..3 {
        last =
            Some(api.post("/api/v1/users/sign_in").json(&credentials(&user.email, "wrong one")).send().await);
    }
    let refused = last.unwrap();
    assert_eq!((refused.status.as_u16(), refused.code()), (429, 42901));
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_ends_the_token_at_once() {
    let api = Api::start().await;
    let user = api.caller().await;
    let out = api.delete("/api/v1/users/sign_out").by(&user).send().await;
    assert_eq!(out.status, 204);
    is_challenged(&api.get("/api/v1/users/me").by(&user).send().await, 40104);
    is_challenged(&api.delete("/api/v1/users/sign_out").by(&user).send().await, 40104);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_opens_everything_but_has_no_token_to_sign_out() {
    let api = Api::start().await;
    let user = api.caller().await;
    let shown = basic(&user.email, PASSWORD);
    let me = api.get("/api/v1/users/me").header("Authorization", &shown).send().await;
    assert_eq!(me.text("id"), user.id);
    is_challenged(&api.delete("/api/v1/users/sign_out").header("Authorization", &shown).send().await, 40101);
    let wrong = basic(&user.email, "not this one");
    is_challenged(&api.get("/api/v1/users/me").header("Authorization", &wrong).send().await, 40101);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_credentials_are_challenged_whatever_they_are() {
    let api = Api::start().await;
    let user = api.caller().await;
    let tampered = format!("Bearer {}x", user.token);
    let huge = format!("Bearer {}", "a".repeat(20_000));
    for (shown, code) in [
        ("Bearer", 40102),
        ("Bearer ", 40102),
        ("Bearer a.b.c", 40102),
        (tampered.as_str(), 40102),
        (huge.as_str(), 40102),
        ("Basic", 40101),
        ("Basic !!!", 40101),
        ("Digest abc", 40101),
        (user.token.as_str(), 40101),
    ] {
        is_challenged(&api.get("/api/v1/users/me").header("Authorization", shown).send().await, code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_has_an_end() {
    let api = Api::start().await;
    let user = api.caller().await;
    api.clock.advance(factories::settings().token_life + 2 * factories::settings().leeway);
    is_challenged(&api.get("/api/v1/users/me").by(&user).send().await, 40103);
}
