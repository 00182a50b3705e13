//! Archives of what is held of a user.

use std::time::Duration;

use auth_engine::{
    Settings,
    factories::{self, PASSWORD},
};
use serde_json::{Value, json};

use crate::support::{Api, basic};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_is_asked_for_made_and_had_for_a_day() {
    // Every page of messages is a part of its own.
    let settings = Settings { export_part_bytes: 1_000, ..factories::settings() };
    let api = Api::with(settings, api_engine::Settings::default()).await;
    let (user, other) = (api.caller().await, api.caller().await);
    let group = api.group(&user).await;
    api.join(&group, &user, &other, "member").await;
    let mut sent = Vec::new();
    for turn in 0..120 {
        sent.push(api.message(&group, &user, &format!("Nr. {turn} \u{1F980}")).await);
    }
    api.message(&group, &other, "not theirs").await;

    let asked = api.post("/api/v1/users/me/export").by(&user).send().await;
    assert_eq!((asked.status.as_u16(), asked.text("state")), (202, "pending".into()));
    let location = asked.header("location").unwrap().to_owned();
    assert_eq!(location, format!("/api/v1/users/me/exports/{}", asked.text("id")));
    let again = api.post("/api/v1/users/me/export").by(&user).send().await;
    assert_eq!(again.json(), asked.json(), "while it is being made");
    let archive = format!("{location}/archive");
    assert_eq!(api.get(&location).by(&user).send().await.json(), asked.json());
    assert_eq!(api.get(&archive).by(&user).send().await.code(), 40406, "not yet");

    api.work().await;
    let ready = api.get(&location).by(&user).send().await;
    assert_eq!((ready.text("state"), ready.text("archive_url")), ("ready".into(), archive.clone()));
    let download = api.get(&archive).by(&user).send().await;
    assert!(download.header("content-disposition").unwrap().starts_with("attachment; filename="));
    assert_eq!(ready.json()["archive_bytes"], json!(download.body.len()));
    let text = String::from_utf8(download.body.to_vec()).unwrap();
    assert!(!text.contains("not theirs"));
    let archived: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(archived["profile"]["email"], user.email);
    assert_eq!(archived["messages"], json!(sent));
    assert_eq!(archived["groups"][0]["id"], group);

    let missing = api.get(&format!("/api/v1/users/me/exports/{}", api.id())).by(&other).send().await;
    for path in [&location, &archive] {
        let hidden = api.get(path).by(&other).send().await;
        assert_eq!((hidden.code(), hidden.text("message")), (40406, missing.text("message")));
    }
    api.clock.advance(DAY);
    let later = api.get(&location).header("Authorization", &basic(&user.email, PASSWORD)).send().await;
    assert_eq!(later.code(), 40406, "a day later it is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_exports_and_no_more() {
    let settings = Settings { exports_per_user: 1, ..factories::settings() };
    let api = Api::with(settings, api_engine::Settings::default()).await;
    let user = api.caller().await;
    assert_eq!(api.post("/api/v1/users/me/export").by(&user).send().await.status, 202);
    api.work().await;
    let refused = api.post("/api/v1/users/me/export").by(&user).send().await;
    assert_eq!(refused.code(), 42901);
    assert_eq!(refused.header("retry-after"), Some(DAY.as_secs().to_string().as_str()));
}
