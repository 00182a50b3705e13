//! Starting and stopping.

use std::{fs, os::unix::fs::PermissionsExt, process::Output};

use reqwest::{Method, StatusCode};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Parlour, Person};

async fn run(data: &TempDir, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = Parlour::command(data.path());
    command.args(arguments).envs(settings.iter().copied()).output().await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_everything_and_a_stop_ends_well() {
    let parlour = Parlour::start().await;
    let alice = Person::new(&parlour).await;
    let group = alice.group_with(&[]).await;
    alice.post(&format!("/groups/{group}/messages"), json!({"message": {"message": "before"}})).await;

    let parlour = parlour.stop_and_restart().await;
    let shown = alice.get(&format!("/groups/{group}")).await;
    assert_eq!(shown["messages"][0]["message"], "before", "the token and the message are still good");
    for secret in ["token_secret", "password_key"] {
        let mode = fs::metadata(parlour.data().join(secret)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{secret} is private");
    }
    assert_eq!(parlour.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_survives_a_kill() {
    let parlour = Parlour::start().await;
    let alice = Person::new(&parlour).await;
    let answer = alice.request(Method::DELETE, "/users/sign_out").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);

    let _parlour = parlour.kill_and_restart().await;
    let answer = alice.request(Method::GET, "/users/me").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_setting_stops_the_start_and_is_named() {
    let data = TempDir::new().unwrap();
    for (setting, value, told) in [
        ("DATABASE_URL", "mysql://root:hidden@db/x", "DATABASE_URL"),
        ("TOKEN_SECRET", "hidden", "TOKEN_SECRET"),
        ("PASSWORD_KEY", "hidden", "PASSWORD_KEY"),
        ("MAX_MEMBERS", "many", "--max-members"),
        ("API_LISTEN", "nowhere", "--api-listen"),
        ("TRUSTED_PROXIES", "10.0.0.0/99", "--trusted-proxies"),
    ] {
        let output = run(&data, &["serve"], &[(setting, value)]).await;
        let said = text(&output.stderr);
        assert!(!output.status.success(), "{setting}={value} stops the start");
        assert!(said.contains(told), "{setting}: {said}");
        assert!(!said.contains("hidden"), "{setting}: no secret is repeated: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_password_key_stops_the_start() {
    let parlour = Parlour::start().await;
    Person::new(&parlour).await;
    let output = Parlour::command(parlour.data())
        .args(["users", "list"])
        .env("PASSWORD_KEY", "another key than the one that the hashes were made with")
        .output()
        .await
        .unwrap();
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("PASSWORD_KEY"), "{}", text(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_in_use_is_named() {
    let parlour = Parlour::start().await;
    let data = TempDir::new().unwrap();
    let taken = parlour.api.trim_start_matches("http://");
    let output = run(&data, &["serve"], &[("API_LISTEN", taken)]).await;
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("API_LISTEN"), "{}", text(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_health_check_needs_nothing_but_the_binary() {
    let parlour = Parlour::start().await;
    let data = TempDir::new().unwrap();
    let address = parlour.api.trim_start_matches("http://").to_owned();
    let asked = run(&data, &["ready", &address], &[]).await;
    assert!(asked.status.success(), "{}", text(&asked.stderr));

    assert_eq!(parlour.stop().await, Some(0));
    let asked = run(&data, &["ready", &address], &[]).await;
    assert!(!asked.status.success());
    assert!(text(&asked.stderr).contains(&address), "{}", text(&asked.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_made_listed_and_disabled_from_the_command_line() {
    let parlour = Parlour::start().await;
    let command = async |arguments: &[&str], password: &str| {
        let mut command = Parlour::command(parlour.data());
        let output = command.args(arguments).env("USER_PASSWORD", password).output().await.unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    let sign_in = async |password: &str| {
        let user = json!({"user": {"email": "carol@example.com", "password": password}});
        let request = reqwest::Client::new().post(format!("{}/api/v1/users/sign_in", parlour.api));
        request.json(&user).send().await.unwrap().status()
    };

    command(&["users", "create", "--name", "Carol", "carol@example.com"], "stanley-park-1").await;
    assert!(command(&["users", "list"], "").await.contains("carol@example.com"));
    assert_eq!(sign_in("stanley-park-1").await, StatusCode::OK);
    command(&["users", "set-password", "carol@example.com"], "stanley-park-2").await;
    assert_eq!(sign_in("stanley-park-1").await, StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in("stanley-park-2").await, StatusCode::OK);
    command(&["users", "disable", "carol@example.com"], "").await;
    assert_eq!(sign_in("stanley-park-2").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn seeds_make_the_same_people_and_groups_every_time() {
    let parlour = Parlour::start().await;
    for _ in 0..2 {
        let output = Parlour::command(parlour.data()).args(["seed"]).output().await.unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let user = json!({"user": {"email": "alice@example.com", "password": "stanley-park-1"}});
    let client = reqwest::Client::new();
    let answer =
        client.post(format!("{}/api/v1/users/sign_in", parlour.api)).json(&user).send().await.unwrap();
    let token = answer.json::<serde_json::Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    let groups =
        client.get(format!("{}/api/v1/groups", parlour.api)).bearer_auth(token).send().await.unwrap();
    let groups: serde_json::Value = groups.json().await.unwrap();
    assert_eq!(groups["groups"].as_array().unwrap().len(), 2, "a quiet one and a busy one");
}
