//! An upgrade without downtime: the version before goes on while the tables are already those of the one that comes.

use std::{collections::BTreeSet, fs::File};

use database::{Database, Location, PoolSettings};
use engine_interfaces::{Clock, SystemClock};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tempfile::NamedTempFile;
use test_support::expand;
use tokio::process::Command;
use uuid::Uuid;

use crate::{
    doctor::examined,
    rings::{Rings, until},
    support::{Listener, Parlour, Person, Process, Shape},
};

const ENGINES: [&str; 5] = ["auth", "chat", "user_resources", "notifications", "jobs"];

/// The next version migrates every store; answers its migration.
async fn upgrade(url: &str) -> &'static str {
    let mut version = None;
    for engine in ENGINES {
        let location = Location::parse(url, engine).unwrap();
        let settings = PoolSettings { size: 1, ..PoolSettings::default() };
        version = Some(expand(&Database::open(location, &settings).unwrap()).await);
    }
    version.unwrap()
}

async fn send(author: &Person, group: Uuid) -> Uuid {
    let id = SystemClock.new_id();
    author.send(group, id, "Hello").await.unwrap();
    id
}

/// What the process says of its stores.
async fn said(mut migrate: Command) -> String {
    let output = migrate.arg("migrate").output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

async fn is_told_of(doctor: Command, version: &str) {
    let (content, findings) = examined(doctor).await;
    assert!(content, "{findings:#?}");
    for engine in ENGINES {
        let tells = |finding: &Value| {
            finding["part"] == engine && finding["found"].as_str().unwrap().contains(version)
        };
        let told = findings.iter().find(|finding| tells(finding));
        assert_eq!(told.unwrap_or_else(|| panic!("{engine}: {findings:#?}"))["level"], "warning");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_production_shape_goes_on_and_starts_on_the_tables_of_a_newer_version() {
    let shape = Shape::start().await;
    let rings = Rings::of(&shape);
    rings.are_led_by(&[&shape.worker]).await;
    let (alice, bob) = (Person::at(shape.apis[0].api()).await, Person::at(shape.apis[1].api()).await);
    let (group, other) = (alice.group_with(&[&bob]).await, alice.group_with(&[]).await);
    let mut listener = Listener::start(shape.realtime.realtime(), &bob);
    listener.next("connect").await;
    let mut sent = BTreeSet::from([send(&alice, group).await]);
    listener.hears([1]).await;

    let version = upgrade(shape.database.url()).await;

    // Each process goes on: it signs up, stores, tells, links, and does what was enqueued.
    sent.insert(send(&alice, group).await);
    listener.hears([2]).await;
    Person::at(shape.apis[1].api()).await;
    until("messages are linked", async || rings.linked(&alice).await == sent).await;
    let deletion = alice.request(Method::DELETE, &format!("/groups/{other}")).send().await.unwrap();
    assert_eq!(deletion.status(), StatusCode::NO_CONTENT);
    until("the group is deleted", async || {
        let listed = shape.command("parlour").args(["jobs", "list", "done"]).output().await.unwrap();
        String::from_utf8_lossy(&listed.stdout).contains("chat.delete_group")
    })
    .await;

    // One that was started again finds them, and says so.
    let log = NamedTempFile::new().unwrap();
    let mut command = shape.command("api");
    command.stderr(File::create(log.path()).unwrap());
    let again = Process::start(command).await;
    let ready = reqwest::get(format!("{}/readyz", again.api())).await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);
    send(&alice.through(again.api()), group).await;
    listener.hears([3]).await;
    let log = std::fs::read_to_string(log.path()).unwrap();
    assert!(log.contains(version), "{log}");
    assert!(said(shape.command("parlour")).await.contains(version));
    is_told_of(shape.command("parlour"), version).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_default_goes_on_and_starts_on_the_tables_of_a_newer_version() {
    let parlour = Parlour::start().await;
    let alice = Person::new(&parlour).await;
    let group = alice.group_with(&[]).await;
    let version = upgrade(&format!("sqlite:{}", parlour.data().display())).await;
    send(&alice, group).await;

    let parlour = parlour.stop_and_restart().await;
    send(&alice, group).await;
    let shown = alice.get(&format!("/groups/{group}")).await;
    assert_eq!(shown["messages"].as_array().unwrap().len(), 2);
    assert!(said(Parlour::command(parlour.data())).await.contains(version));
    let mut doctor = Parlour::command(parlour.data());
    doctor.env_remove("REDIS_URL");
    is_told_of(doctor, version).await;
}
