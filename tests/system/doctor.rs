//! `parlour doctor` sees what is wrong, and says how to repair it.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Output};

use serde_json::Value;
use tempfile::TempDir;
use test_support::{OwnDatabase, RedisServer};
use tokio::process::Command;

use crate::support::{Parlour, shape::command};

/// What it found, and whether it was content.
pub(crate) async fn examined(mut command: Command) -> (bool, Vec<Value>) {
    let Output { status, stdout, stderr } = command.args(["doctor", "--json"]).output().await.unwrap();
    let told = String::from_utf8(stdout).unwrap();
    let findings = told.lines().map(serde_json::from_str).collect::<Result<_, _>>();
    let findings =
        findings.unwrap_or_else(|error| panic!("{error}: {told}{}", String::from_utf8_lossy(&stderr)));
    (status.success(), findings)
}

/// On a data folder, with no server beside it.
async fn examined_alone(data: &Path) -> (bool, Vec<Value>) {
    let mut command = Parlour::command(data);
    command.env_remove("REDIS_URL");
    examined(command).await
}

pub(crate) fn finding<'a>(findings: &'a [Value], part: &str, level: &str) -> Option<&'a Value> {
    findings.iter().find(|finding| finding["part"] == part && finding["level"] == level)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_folder_stays_as_it_is() {
    let folder = TempDir::new().unwrap();
    let (content, findings) = examined_alone(folder.path()).await;
    assert!(content, "{findings:#?}");
    assert!(finding(&findings, "chat", "warning").is_some(), "{findings:#?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "who looks makes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_is_well_and_a_secret_that_others_can_read_is_not() {
    let parlour = Parlour::start().await;
    let (content, findings) = examined_alone(parlour.data()).await;
    assert!(content, "{findings:#?}");
    for part in ["secrets", "auth", "chat", "user_resources", "notifications", "jobs"] {
        assert!(finding(&findings, part, "good").is_some(), "{part}: {findings:#?}");
    }

    let secret = parlour.data().join("token_secret");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    let (content, findings) = examined_alone(parlour.data()).await;
    assert!(!content, "{findings:#?}");
    let open = finding(&findings, "secrets", "error").unwrap();
    assert_eq!(open["cure"], format!("chmod 600 {}", secret.display()));
    let text = fs::read_to_string(&secret).unwrap();
    assert!(!format!("{findings:?}").contains(&text), "a secret is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shape_of_production_is_examined_too() {
    let database = OwnDatabase::create().await;
    let mut redis = RedisServer::start().await;
    let parlour = || command("parlour", database.url(), &redis.url());
    let (content, findings) = examined(parlour()).await;
    assert!(!content, "nothing is migrated");
    let chat = finding(&findings, "chat", "error").unwrap();
    assert_eq!(chat["cure"], "run `parlour migrate` with the same settings");
    assert!(finding(&findings, "redis", "error").is_none(), "{findings:#?}");

    assert!(parlour().arg("migrate").output().await.unwrap().status.success());
    // The secrets of the tests are made up, and their servers may well be quick rather than durable.
    let (content, findings) = examined(parlour()).await;
    assert!(content, "{findings:#?}");
    assert!(finding(&findings, "secrets", "warning").is_some(), "{findings:#?}");

    // As the production shape has it: secrets lie in files.
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        path
    };
    let mut by_files = parlour();
    by_files
        .env_remove("REDIS_URL")
        .env_remove("DATABASE_URL")
        .env("REDIS_URL_FILE", file("redis_url", &redis.url()))
        .env("DATABASE_URL_FILE", file("database_url", database.url()));
    let (content, findings) = examined(by_files).await;
    assert!(content, "{findings:#?}");
    assert!(findings.iter().any(|finding| finding["part"] == "redis"), "{findings:#?}");
    let told = format!("{findings:?}");
    for setting in ["REDIS_URL_FILE=", "DATABASE_URL_FILE="] {
        assert!(told.contains(setting), "{setting}: {told}");
    }
    assert!(!told.contains("redis://") && !told.contains("postgres://"), "{told}");

    let url = redis.url();
    redis.kill().await;
    let mut parlour = command("parlour", database.url(), &url);
    parlour.env("MAIL_URL", "smtp://127.0.0.1:1?tls=none").env("MAIL_FROM", "chat@example.com");
    parlour.env("PUBLIC_URL", "https://chat.example.com");
    let (content, findings) = examined(parlour).await;
    assert!(!content);
    for part in ["redis", "mail"] {
        assert!(finding(&findings, part, "error").is_some(), "{part}: {findings:#?}");
    }
}
