//! The production shape: what one process stores the others show, and what goes on when one of them dies.

use std::time::Duration;

use engine_interfaces::{Clock, SystemClock};
use reqwest::{Method, StatusCode};
use test_support::OwnDatabase;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::support::{
    Listener, Person, Process, Shape,
    shape::{bare, command},
};

/// How long a sign-out may take to count in the other processes.
const SIGN_OUT: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(30);

/// Alice on one api, Bob on the other, and a group of theirs.
async fn alice_and_bob(shape: &Shape) -> (Person, Person, Uuid) {
    let alice = Person::at(shape.apis[0].api()).await;
    let bob = Person::at(shape.apis[1].api()).await;
    let group = alice.group_with(&[&bob]).await;
    (alice, bob, group)
}

/// Sends some messages, each acknowledged.
async fn send(person: &Person, group: Uuid, count: usize) {
    for turn in 0..count {
        let sent = person.send(group, SystemClock.new_id(), &turn.to_string()).await;
        sent.unwrap();
    }
}

async fn status(person: &Person) -> StatusCode {
    let answer = person.request(Method::GET, "/users/me").send().await;
    answer.unwrap().status()
}

/// Signs out here, and waits until that counts there.
async fn sign_out(here: &Person, there: &Person) {
    assert_eq!(status(there).await, StatusCode::OK);
    let answer = here.request(Method::DELETE, "/users/sign_out").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let counts = async {
        while status(there).await != StatusCode::UNAUTHORIZED {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SIGN_OUT, counts).await.expect("a sign-out counts everywhere within a second");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_stores_the_others_show() {
    let shape = Shape::start().await;
    let (alice, bob, group) = alice_and_bob(&shape).await;
    let mut listener = Listener::start(shape.realtime.realtime(), &bob);
    listener.next("connect").await;

    let elsewhere = alice.through(shape.apis[1].api());
    send(&alice, group, 1).await;
    send(&elsewhere, group, 1).await;
    listener.hears(1..=2).await;
    sign_out(&alice, &elsewhere).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_but_real_time_goes_on_when_it_dies() {
    let mut shape = Shape::start().await;
    let (alice, bob, group) = alice_and_bob(&shape).await;
    let mut listener = Listener::start(shape.realtime.realtime(), &bob);
    listener.next("connect").await;
    send(&alice, group, 1).await;
    listener.hears([1]).await;

    let again = shape.kill_realtime().await;
    listener.next("disconnect").await;
    send(&alice, group, 20).await;
    assert_eq!(bob.log(group).await.len(), 21);

    shape.realtime = Process::start(again).await;
    listener.hears(2..=21).await;
    send(&alice, group, 1).await;
    listener.hears([22]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_goes_on_while_redis_is_dead_and_readers_catch_up_afterwards() {
    let mut shape = Shape::start().await;
    let (alice, bob, group) = alice_and_bob(&shape).await;
    let mut listener = Listener::start(shape.realtime.realtime(), &bob);
    listener.next("connect").await;
    send(&alice, group, 1).await;
    listener.hears([1]).await;

    shape.redis.kill().await;
    send(&alice, group, 20).await;
    for api in &shape.apis {
        let ready = reqwest::get(format!("{}/readyz", api.api())).await.unwrap();
        assert_eq!(ready.status(), StatusCode::OK, "api can do without Redis");
    }
    let carol = Person::at(shape.apis[0].api()).await;
    sign_out(&carol, &carol.through(shape.apis[1].api())).await;

    shape.redis.restart().await;
    listener.hears(2..=21).await;
    send(&alice, group, 1).await;
    listener.hears([22]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_an_api_enqueues_is_done_by_a_worker() {
    let shape = Shape::start().await;
    let (alice, _, group) = alice_and_bob(&shape).await;
    let deletion = alice.request(Method::DELETE, &format!("/groups/{group}"));
    assert_eq!(deletion.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    let done = async {
        loop {
            let mut jobs = shape.command("parlour");
            let listed = jobs.args(["jobs", "list", "done"]).output().await.unwrap();
            if String::from_utf8_lossy(&listed.stdout).contains("chat.delete_group") {
                return;
            }
        }
    };
    timeout(PATIENCE, done).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_told_to_stop_ends_well() {
    let mut shape = Shape::start().await;
    let [first, second] = &mut shape.apis;
    for process in [&mut shape.worker, &mut shape.realtime, first, second] {
        assert_eq!(process.terminate().await, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_does_not_start_before_its_tables_are_there() {
    let database = OwnDatabase::create().await;
    for name in ["api", "realtime", "worker"] {
        let mut started = command(name, database.url(), "redis://127.0.0.1:1/");
        let ended = started.output().await.unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success(), "{name}");
        assert!(said.contains("parlour migrate"), "{name}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_can_be_checked_without_a_server() {
    const DATABASE: (&str, &str) = ("DATABASE_URL", "postgres://parlour:hidden@db/parlour");
    const REDIS: (&str, &str) = ("REDIS_URL", "redis://:hidden@redis/");
    const TOKEN: (&str, &str) = ("TOKEN_SECRET", "hidden, and as long as a secret has to be");
    const PASSWORD: (&str, &str) = ("PASSWORD_KEY", "hidden, and as long as a secret has to be");
    for name in ["api", "realtime", "worker"] {
        for (settings, named) in [
            (&[DATABASE, REDIS, TOKEN, PASSWORD][..], None),
            (&[REDIS, TOKEN, PASSWORD], Some("DATABASE_URL is needed")),
            (&[DATABASE, TOKEN, PASSWORD], Some("REDIS_URL is needed")),
            (&[DATABASE, REDIS, PASSWORD], Some("TOKEN_SECRET is needed")),
            (&[DATABASE, REDIS, TOKEN], Some("PASSWORD_KEY is needed")),
            (
                &[("DATABASE_URL", "sqlite:hidden"), REDIS, TOKEN, PASSWORD],
                Some("DATABASE_URL: several processes can't share SQLite files"),
            ),
            (&[DATABASE, ("REDIS_URL", "http://hidden"), TOKEN, PASSWORD], Some("REDIS_URL: not the URL")),
            (&[DATABASE, REDIS, ("TOKEN_SECRET", "hidden"), PASSWORD], Some("TOKEN_SECRET: ")),
            (
                &[DATABASE, REDIS, TOKEN, ("PASSWORD_KEY_FILE", "/nowhere")],
                Some("PASSWORD_KEY_FILE=/nowhere: "),
            ),
            (&[DATABASE, REDIS, TOKEN, PASSWORD, ("DRAIN_LIMIT", "soon")], Some("--drain-limit")),
        ] {
            let mut checking = bare(name);
            let checking = checking.arg("--check-config").envs(settings.iter().copied());
            let checked = checking.output().await.unwrap();
            let said = String::from_utf8_lossy(&checked.stderr).into_owned();
            assert_eq!(checked.status.success(), named.is_none(), "{name}: {said}");
            assert!(said.contains(named.unwrap_or_default()), "{name}, {named:?}: {said}");
            assert!(!said.contains("hidden"), "{name}: no secret is repeated: {said}");
        }
    }
}
