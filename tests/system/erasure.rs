//! Who is erased is gone, whatever dies in the middle of it.

use std::{path::Path, time::Duration};

use database::{Database, Location, PoolSettings};
use engine_interfaces::{Clock, SystemClock};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use test_support::dump;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use uuid::Uuid;

use crate::support::{Listener, Parlour, Person, Process, Shape};

/// A job whose process died is taken again once its lease of 30 s has run out.
const PATIENCE: Duration = Duration::from_secs(120);
const SECRET: &str = "the cellar key is below the third stone";
/// Enough that an erasure has a middle.
const MESSAGES: usize = 3_000;
const AT_ONCE: usize = 64;
const ENGINES: [&str; 5] = ["auth", "chat", "user_resources", "notifications", "jobs"];

/// Somebody who wrote much in a group of somebody else's, and owns one with them.
struct Scene {
    erased: Person,
    email: String,
    other: Person,
    joined: Uuid,
    owned: Uuid,
}

impl Scene {
    async fn set(erased: Person, other: Person) -> Self {
        let joined = other.group_with(&[&erased]).await;
        let owned = erased.group_with(&[&other]).await;
        let mut sends = JoinSet::new();
        for _ in 0..MESSAGES {
            if sends.len() == AT_ONCE {
                sends.join_next().await.unwrap().unwrap();
            }
            let author = erased.clone();
            sends.spawn(async move { author.send(joined, SystemClock.new_id(), SECRET).await.unwrap() });
        }
        sends.join_all().await;
        erased.send(owned, SystemClock.new_id(), SECRET).await.unwrap();
        other.send(joined, SystemClock.new_id(), "what others wrote stays").await.unwrap();
        let email = erased.get("/users/me").await["email"].as_str().unwrap().to_owned();
        Self { erased, email, other, joined, owned }
    }

    /// Asks for the erasure, which is answered at once.
    async fn erase(&self) {
        let body = json!({"user": {"current_password": "stanley-park-1"}});
        let answer = self.erased.request(Method::DELETE, "/users/me").json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        let refused = self.erased.request(Method::GET, "/users/me").send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    }

    async fn page_after(&self, seq: i64) -> Vec<Value> {
        let path = format!("/groups/{}/messages?limit=100&after={seq}", self.joined);
        self.other.get(&path).await["messages"].as_array().unwrap().clone()
    }

    /// Returns as soon as something is erased.
    async fn begun(&self) {
        let begun = async { while self.page_after(0).await[0]["erased"] != true {} };
        timeout(PATIENCE, begun).await.expect("the erasure begins");
    }

    /// Returns once the last of their messages in both groups is erased; and then nothing tells of them.
    async fn ended(&self, databases: &[Database]) {
        let last = MESSAGES as i64;
        let tells = async || {
            let mut all = String::new();
            for database in databases {
                all.push_str(&dump(database).await);
            }
            all.contains(SECRET) || all.contains(&self.email)
        };
        let ended = async {
            while self.page_after(last - 1).await[0]["erased"] != true || tells().await {
                sleep(Duration::from_millis(200)).await;
            }
        };
        timeout(PATIENCE, ended).await.expect("the erasure ends");
        let mut log: Vec<Value> = Vec::new();
        while let Some(page) = Some(self.page_after(log.len() as i64).await).filter(|page| !page.is_empty()) {
            log.extend(page);
        }
        let seqs = log.iter().map(|message| message["seq"].as_i64().unwrap());
        assert!(seqs.eq(1..=last + 1), "positions have no gap");
        assert!(
            log[..MESSAGES].iter().all(|message| message["user_id"].is_null() && message["erased"] == true)
        );
        assert_eq!(log[MESSAGES]["message"], "what others wrote stays");
        let owned = self.other.get(&format!("/groups/{}", self.owned)).await;
        assert_eq!((&owned["role"], &owned["member_count"]), (&json!("owner"), &json!(1)));
    }
}

fn open(url: &str) -> Vec<Database> {
    let open = |engine: &&str| {
        let location = Location::parse(url, engine).unwrap();
        Database::open(location, &PoolSettings { size: 1, ..PoolSettings::default() }).unwrap()
    };
    ENGINES.iter().map(open).collect()
}

/// How many messages have lost their text.
async fn tombstones(databases: &[Database]) -> usize {
    let chat = dump(&databases[1]).await;
    chat.lines().filter(|line| line.starts_with("messages ") && !line.contains(SECRET)).count() - 1
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_goes_on_after_its_process_was_killed() {
    let parlour = Parlour::start().await;
    let scene = Scene::set(Person::new(&parlour).await, Person::new(&parlour).await).await;
    let databases = open(&format!("sqlite:{}", Path::new(parlour.data()).display()));
    let mut listener = Listener::start(&parlour.realtime, &scene.other);
    listener.next("connect").await;
    scene.erase().await;
    let left = listener.next("member").await;
    assert_eq!((&left["change"], &left["user_id"]), (&json!("left"), &json!(scene.erased.id)));
    listener.next("erased").await;

    scene.begun().await;
    let parlour = parlour.kill_and_restart().await;
    let erased = tombstones(&databases).await;
    assert!((1..MESSAGES).contains(&erased), "the plug was pulled in the middle: {erased}");
    scene.ended(&databases).await;
    assert_eq!(parlour.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_worker_ends_what_a_dead_one_began() {
    let mut shape = Shape::start().await;
    let (erased, other) = (Person::at(shape.apis[0].api()).await, Person::at(shape.apis[1].api()).await);
    let scene = Scene::set(erased, other).await;
    let databases = open(shape.database.url());
    scene.erase().await;

    scene.begun().await;
    shape.worker.kill().await;
    let erased = tombstones(&databases).await;
    assert!((1..MESSAGES).contains(&erased), "the plug was pulled in the middle: {erased}");
    let _another = Process::start(shape.command("worker")).await;
    scene.ended(&databases).await;
}
