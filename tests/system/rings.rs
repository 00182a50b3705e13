//! The rings of workers, as processes: topics are handed over when a worker dies or stalls, and every message is
//! linked to its author in the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use database::{Database, Location, PoolSettings};
use engine_interfaces::{Clock, GROUP_MESSAGE, RingTerms, SystemClock, UserId, UserResources};
use jobs::RingStore;
use tokio::time::{sleep, timeout};
use user_resources::UserResourcesEngine;
use uuid::Uuid;

use crate::support::{Person, Process, Shape};

/// Within which another worker leads the topics of one that died or stalled.
const HAND_OVER: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(60);
const TOPICS: usize = 32;

/// What the workers wrote down.
pub(crate) struct Rings {
    terms: RingStore,
    links: UserResourcesEngine,
}

impl Rings {
    pub(crate) fn of<R>(shape: &Shape<R>) -> Self {
        let jobs = Location::parse(shape.database.url(), "jobs").unwrap();
        let jobs = Database::open(jobs, &PoolSettings { size: 1, ..PoolSettings::default() }).unwrap();
        Self {
            terms: RingStore::new(jobs, Arc::new(SystemClock)),
            links: UserResourcesEngine::postgres(shape.database.url()).unwrap(),
        }
    }

    /// How many topics each process leads, by its id.
    async fn leaders(&self) -> BTreeMap<u32, usize> {
        let mut leaders = BTreeMap::new();
        for led in self.terms.list().await.unwrap() {
            let process = led.leader.split('-').nth(1).and_then(|id| id.parse().ok());
            *leaders.entry(process.unwrap()).or_default() += 1;
        }
        leaders
    }

    pub(crate) async fn are_led_by(&self, workers: &[&Process]) {
        let even = [TOPICS / workers.len(), TOPICS.div_ceil(workers.len())];
        until("the topics are spread evenly", async || {
            let leaders = self.leaders().await;
            let counts = workers.iter().map(|worker| leaders.get(&worker.id()).copied().unwrap_or(0));
            counts.clone().sum::<usize>() == TOPICS && counts.clone().all(|count| even.contains(&count))
        })
        .await;
    }

    /// Waits until a process leads nothing any more, and answers how long that took.
    async fn are_taken_from(&self, worker: u32) -> Duration {
        let since = Instant::now();
        until("others lead", async || !self.leaders().await.contains_key(&worker)).await;
        since.elapsed()
    }

    /// The messages that are linked to somebody.
    pub(crate) async fn linked(&self, person: &Person) -> BTreeSet<Uuid> {
        let (mut linked, mut after) = (BTreeSet::new(), None);
        loop {
            let user = UserId(person.id);
            let page = self.links.resources(user, GROUP_MESSAGE, after, 500).await.unwrap();
            let Some(last) = page.last() else { return linked };
            after = Some((last.scope_id, last.resource_id));
            linked.extend(page.iter().map(|link| link.resource_id));
        }
    }
}

pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect(what);
}

/// People of many topics, who send until they are told to stop, and what was acknowledged to each.
struct Senders {
    stop: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<(Person, BTreeSet<Uuid>)>>,
}

impl Senders {
    async fn start(shape: &Shape, count: usize) -> Self {
        let mut people = Vec::new();
        for number in 0..count {
            people.push(Person::at(shape.apis[number % 2].api()).await);
        }
        let others: Vec<_> = people.iter().skip(1).collect();
        let group = people[0].group_with(&others).await;
        let stop = Arc::new(AtomicBool::new(false));
        let tasks = people.into_iter().map(|person| {
            let stop = Arc::clone(&stop);
            tokio::spawn(async move {
                let mut sent = BTreeSet::new();
                while !stop.load(Ordering::SeqCst) {
                    let id = SystemClock.new_id();
                    person.send(group, id, "Hello").await.unwrap();
                    sent.insert(id);
                    sleep(Duration::from_millis(50)).await;
                }
                (person, sent)
            })
        });
        let tasks = tasks.collect();
        Self { stop, tasks }
    }

    /// Every message that was acknowledged is linked to its author, and nothing else is.
    async fn are_linked(self, rings: &Rings) -> usize {
        self.stop.store(true, Ordering::SeqCst);
        let mut count = 0;
        for task in self.tasks {
            let (person, sent) = task.await.unwrap();
            until("all is linked", async || rings.linked(&person).await.len() >= sent.len()).await;
            assert_eq!(rings.linked(&person).await, sent);
            count += sent.len();
        }
        count
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_is_linked_whoever_dies() {
    let mut shape = Shape::start().await;
    let rings = Rings::of(&shape);
    let mut second = Process::start(shape.command("worker")).await;
    let third = Process::start(shape.command("worker")).await;
    rings.are_led_by(&[&shape.worker, &second, &third]).await;
    let senders = Senders::start(&shape, 12).await;

    let killed = second.id();
    second.kill().await;
    let hand_over = rings.are_taken_from(killed).await;
    assert!(hand_over < HAND_OVER, "{hand_over:?}");
    rings.are_led_by(&[&shape.worker, &third]).await;

    for _ in 0..2 {
        shape.redis.kill().await;
        sleep(Duration::from_millis(500)).await;
        shape.redis.restart().await;
        sleep(Duration::from_secs(2)).await;
    }
    second = Process::start(shape.command("worker")).await;
    rings.are_led_by(&[&shape.worker, &second, &third]).await;
    assert_eq!(shape.worker.terminate().await, Some(0));
    rings.are_led_by(&[&second, &third]).await;
    senders.are_linked(&rings).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_stalls_is_followed_and_does_no_harm_when_it_wakes() {
    let mut shape = Shape::start().await;
    let rings = Rings::of(&shape);
    let second = Process::start(shape.command("worker")).await;
    rings.are_led_by(&[&shape.worker, &second]).await;
    let senders = Senders::start(&shape, 16).await;
    sleep(Duration::from_secs(1)).await;

    second.signal("-STOP").await;
    shape.redis.kill().await;
    shape.redis.restart().await;
    let hand_over = rings.are_taken_from(second.id()).await;
    assert!(hand_over < HAND_OVER, "{hand_over:?}");
    sleep(Duration::from_secs(10)).await;
    second.signal("-CONT").await;
    rings.are_led_by(&[&shape.worker, &second]).await;
    let count = senders.are_linked(&rings).await;
    assert!(count >= 2_000, "{count} messages are too few to tell");
}

#[tokio::test(flavor = "multi_thread")]
async fn parlour_rings_shows_who_leads_and_what_waits() {
    let mut shape = Shape::start().await;
    let rings = Rings::of(&shape);
    rings.are_led_by(&[&shape.worker]).await;
    let shown = async |shape: &Shape| {
        let shown = shape.command("parlour").arg("rings").output().await.unwrap();
        assert!(shown.status.success());
        String::from_utf8(shown.stdout).unwrap()
    };
    let worker = format!("worker-{}-", shape.worker.id());
    until("every topic is shown", async || {
        let shown = shown(&shape).await;
        shown.lines().filter(|line| line.contains(&worker) && line.contains("ago")).count() == TOPICS
    })
    .await;
    shape.redis.kill().await;
    let shown = shown(&shape).await;
    assert!(shown.starts_with("Redis is away"), "{shown}");
    assert_eq!(shown.lines().filter(|line| line.contains(&worker)).count(), TOPICS);
}
