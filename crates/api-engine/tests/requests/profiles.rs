//! The user who is signed in.

use auth_engine::factories::PASSWORD;
use serde_json::json;

use crate::support::Api;

#[tokio::test(flavor = "multi_thread")]
async fn a_user_changes_their_name() {
    let api = Api::start().await;
    let user = api.caller().await;
    let body = json!({"user": {"name": "Ada", "current_password": PASSWORD}});
    let changed = api.patch("/api/v1/users/me").by(&user).json(&body).send().await;
    assert_eq!((changed.status.as_u16(), changed.text("name")), (200, "Ada".into()));
    let me = api.get("/api/v1/users/me").by(&user).send().await;
    assert_eq!(me.text("name"), "Ada");
    assert_eq!(me.text("email"), user.email);
    assert_eq!(me.header("cache-control"), Some("private, no-cache"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_all_other_sessions() {
    let api = Api::start().await;
    let user = api.caller().await;
    let sign_in = |password: &str| {
        let body = json!({"user": {"email": user.email, "password": password}});
        api.post("/api/v1/users/sign_in").json(&body).send()
    };
    let other = sign_in(PASSWORD).await.header("authorization").unwrap().to_owned();
    let body = json!({"user": {"password": "an entirely new one", "current_password": PASSWORD}});
    assert_eq!(api.patch("/api/v1/users/me").by(&user).json(&body).send().await.status, 200);

    assert_eq!(api.get("/api/v1/users/me").by(&user).send().await.status, 200);
    assert_eq!(api.get("/api/v1/users/me").header("Authorization", &other).send().await.code(), 40104);
    assert_eq!(sign_in(PASSWORD).await.code(), 40101);
    assert_eq!(sign_in("an entirely new one").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_changes_without_the_current_password() {
    let api = Api::start().await;
    let user = api.caller().await;
    let missing =
        api.patch("/api/v1/users/me").by(&user).json(&json!({"user": {"name": "Eve"}})).send().await;
    assert_eq!((missing.code(), missing.detail()), (42202, ("current_password".into(), "missing".into())));
    let body = json!({"user": {"name": "Eve", "current_password": "not this one"}});
    let wrong = api.patch("/api/v1/users/me").by(&user).json(&body).send().await;
    assert!([401, 422].contains(&wrong.status.as_u16()), "{wrong:?}");
    assert_eq!(api.get("/api/v1/users/me").by(&user).send().await.text("name"), user.name);
}
