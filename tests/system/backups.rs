//! A backup of a busy server, and the way back.

use std::{
    collections::HashSet, fs, os::unix::fs::PermissionsExt, path::Path, process::Output, time::Duration,
};

use engine_interfaces::{Clock, SystemClock};
use reqwest::StatusCode;
use serde_json::json;
use tempfile::TempDir;
use tokio::{sync::watch, time::timeout};
use uuid::Uuid;

use crate::support::{Parlour, Person};

const PATIENCE: Duration = Duration::from_secs(60);

async fn run(data: &Path, command: &str, folder: &Path, options: &[&str]) -> Output {
    Parlour::command(data).arg(command).arg(folder).args(options).output().await.unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_has_all_that_was_acknowledged_before_it() {
    let parlour = Parlour::start().await;
    let created = Parlour::command(parlour.data())
        .args(["users", "create", "--name", "Carol", "carol@example.com"])
        .env("USER_PASSWORD", "stanley-park-1")
        .output();
    assert!(created.await.unwrap().status.success());
    let (alice, bob) = (Person::new(&parlour).await, Person::new(&parlour).await);
    let group = alice.group_with(&[&bob]).await;

    let (told, acknowledged) = watch::channel(Vec::<Uuid>::new());
    let sending = tokio::spawn({
        let alice = alice.clone();
        async move {
            while !told.is_closed() {
                let id = SystemClock.new_id();
                let sent = alice.send(group, id, "a message").await.unwrap();
                assert!(!sent.replayed);
                told.send_modify(|all| all.push(id));
            }
        }
    });
    let reached = async |count: usize| {
        let mut acknowledged = acknowledged.clone();
        timeout(PATIENCE, acknowledged.wait_for(|all| all.len() >= count)).await.unwrap().unwrap().clone()
    };
    let before = reached(50).await;
    let backups = TempDir::new().unwrap();
    let folder = backups.path().join("first");
    let made = run(parlour.data(), "backup", &folder, &[]).await;
    assert!(made.status.success(), "{}", said(&made));
    // The server went on, and goes on.
    let during = acknowledged.borrow().len();
    let after = reached(during + 50).await;
    drop(acknowledged);
    sending.await.unwrap();
    for entry in fs::read_dir(&folder).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "a backup is private");
    }

    let data = TempDir::new().unwrap();
    let restored = run(data.path(), "restore", &folder, &[]).await;
    assert!(restored.status.success(), "{}", said(&restored));
    let restored = Parlour::start_in(data).await;
    let alice = alice.through(&restored.api);
    let log = alice.log(group).await;
    assert!(log.iter().map(|(seq, ..)| *seq).eq(1..=log.len() as i64), "no gap, and in order");
    let ids: Vec<_> = log.iter().map(|(_, id, _)| *id).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "none is doubled");
    assert!(before.len() <= ids.len(), "{} of {} are there", ids.len(), before.len());
    // The sender waited for each: what is there is what was acknowledged first, and at most one more.
    assert_eq!(ids[..before.len()], before);
    assert!(ids.len() < after.len(), "the backup is older than what came after it");

    let user = json!({"user": {"email": "carol@example.com", "password": "stanley-park-1"}});
    let request = reqwest::Client::new().post(format!("{}/api/v1/users/sign_in", restored.api)).json(&user);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    let sent = alice.send(group, SystemClock.new_id(), "afterwards").await.unwrap();
    assert_eq!(sent.seq, ids.len() as i64 + 1, "the log goes on where it ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_overwrites_nothing_and_takes_nothing_that_was_changed() {
    let parlour = Parlour::start().await;
    let backups = TempDir::new().unwrap();
    let folder = backups.path().join("first");
    assert!(run(parlour.data(), "backup", &folder, &[]).await.status.success());
    let again = run(parlour.data(), "backup", &folder, &[]).await;
    assert!(!again.status.success() && said(&again).contains("is not empty"), "{}", said(&again));
    let over = run(parlour.data(), "restore", &folder, &[]).await;
    assert!(!over.status.success() && said(&over).contains("stop the server"), "{}", said(&over));

    let chat = folder.join("chat.db");
    let mut bytes = fs::read(&chat).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&chat, bytes).unwrap();
    let data = TempDir::new().unwrap();
    let damaged = run(data.path(), "restore", &folder, &[]).await;
    assert!(!damaged.status.success() && said(&damaged).contains("chat.db"), "{}", said(&damaged));
    fs::remove_file(folder.join("manifest.json")).unwrap();
    let halved = run(data.path(), "restore", &folder, &[]).await;
    assert!(!halved.status.success() && said(&halved).contains("no whole backup"), "{}", said(&halved));
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0, "nothing is left there");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_go_along_or_are_left_out_by_name() {
    let key = "one of the operator's own, kept elsewhere";
    let parlour = Parlour::start_with(&[("PASSWORD_KEY", key)]).await;
    let backups = TempDir::new().unwrap();
    let folder = backups.path().join("first");
    let command = |data: &Path, command: &str, options: &[&str], given: &[(&str, &str)]| {
        let mut process = Parlour::command(data);
        process.arg(command).arg(&folder).args(options).envs(given.iter().copied());
        async move { process.output().await.unwrap() }
    };
    let given = [("PASSWORD_KEY", key)];
    let refused = command(parlour.data(), "backup", &[], &given).await;
    assert!(!refused.status.success() && said(&refused).contains("--without-keys"), "{}", said(&refused));
    let made = command(parlour.data(), "backup", &["--without-keys"], &given).await;
    assert!(made.status.success(), "{}", said(&made));
    assert!(!folder.join("token_secret").exists());

    let data = TempDir::new().unwrap();
    let refused = command(data.path(), "restore", &[], &given).await;
    assert!(!refused.status.success() && said(&refused).contains("TOKEN_SECRET"), "{}", said(&refused));
    let token = fs::read_to_string(parlour.data().join("token_secret")).unwrap();
    let given = [given[0], ("TOKEN_SECRET", &token)];
    let restored = command(data.path(), "restore", &[], &given).await;
    assert!(restored.status.success(), "{}", said(&restored));
}
