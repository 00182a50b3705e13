//! What the terms of the rings promise, on both databases.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{sync::Arc, time::Duration};

use engine_interfaces::{
    Clock, Limit, Position, Progress, RingJob, RingJobs, RingJobsError, RingTerm, RingTerms, Term, Topic,
};
use jobs::{JobState, MIGRATIONS, RingStore, Settings, Store};
use serde_json::json;
use test_support::{FixedClock, TestDatabase};

struct Rings {
    store: RingStore,
    jobs: Store,
    clock: Arc<FixedClock>,
    _database: TestDatabase,
}

impl Rings {
    fn of(database: TestDatabase) -> Self {
        let clock = Arc::new(FixedClock::default());
        Self {
            store: RingStore::new(database.database(), clock.clone()),
            jobs: Store::new(database.database(), clock.clone(), Arc::new(Settings::default())),
            clock,
            _database: database,
        }
    }

    async fn begin(&self, topic: u16, leader: &str) -> RingTerm {
        let mut begun = self.store.begin(&[Topic(topic)], leader).await.unwrap();
        assert_eq!(begun.len(), 1);
        begun.remove(0)
    }

    fn job(&self, key: &str) -> RingJob {
        let payload = json!({ "of": key });
        RingJob { kind: "ringed", key: key.to_owned(), payload, run_at: self.clock.now() }
    }

    async fn keys(&self) -> Vec<String> {
        let due = self.jobs.list(JobState::Due, Limit::page(100).unwrap()).await.unwrap();
        let mut keys: Vec<_> = due.into_iter().map(|entry| entry.key).collect();
        keys.sort_unstable();
        keys
    }
}

fn progress(clock: &FixedClock, entry: &str) -> Progress {
    Progress {
        position: Some(Position { server: "a run".to_owned(), entry: entry.to_owned() }),
        caught_up_at: Some(clock.now()),
    }
}

async fn a_term_ends_the_one_before_it(rings: &Rings) {
    let first = rings.begin(3, "one").await;
    assert_eq!(first.term, Term { topic: Topic(3), number: 1 });
    assert_eq!((first.leader.as_str(), &first.progress), ("one", &Progress::default()));
    rings.clock.advance(Duration::from_secs(1));
    let second = rings.begin(3, "other").await;
    assert_eq!(second.term, Term { topic: Topic(3), number: 2 });
    assert_eq!((second.leader.as_str(), second.began_at), ("other", rings.clock.now()));
}

async fn the_next_leader_goes_on_where_the_last_one_was(rings: &Rings) {
    let first = rings.begin(4, "one").await;
    let done = progress(&rings.clock, "17-0");
    assert_eq!(rings.store.advance(&[(first.term, done.clone())]).await.unwrap(), [first.term]);
    let second = rings.begin(4, "other").await;
    assert_eq!(second.progress, done);
    let late = progress(&rings.clock, "18-0");
    assert!(rings.store.advance(&[(first.term, late)]).await.unwrap().is_empty(), "its term has ended");
    assert_eq!(rings.begin(4, "third").await.progress, done);
}

async fn many_are_begun_and_advanced_at_once(rings: &Rings) {
    let topics = [Topic(12), Topic(10), Topic(11)];
    let terms: Vec<_> =
        rings.store.begin(&topics, "one").await.unwrap().into_iter().map(|begun| begun.term).collect();
    assert_eq!(terms.len(), 3);
    rings.begin(11, "other").await;
    let done = progress(&rings.clock, "1-1");
    let moved: Vec<_> = terms.iter().map(|term| (*term, done.clone())).collect();
    let mut held = rings.store.advance(&moved).await.unwrap();
    held.sort_by_key(|term| term.topic);
    assert_eq!(held.iter().map(|term| term.topic.0).collect::<Vec<_>>(), [10, 12]);
    assert!(rings.store.advance(&[]).await.unwrap().is_empty());
    assert!(rings.store.begin(&[], "one").await.unwrap().is_empty());
    let listed = rings.store.list().await.unwrap();
    let of = |topic| listed.iter().find(|listed| listed.term.topic == Topic(topic)).unwrap();
    assert_eq!((of(10).leader.as_str(), of(11).leader.as_str()), ("one", "other"));
    assert_eq!((&of(10).progress, &of(11).progress), (&done, &Progress::default()));
}

async fn a_leader_enqueues_each_job_once(rings: &Rings) {
    let term = rings.begin(5, "one").await.term;
    rings.store.enqueue(term, vec![rings.job("a"), rings.job("b"), rings.job("a")]).await.unwrap();
    rings.store.enqueue(term, vec![rings.job("b"), rings.job("c")]).await.unwrap();
    rings.store.enqueue(term, Vec::new()).await.unwrap();
    assert_eq!(rings.keys().await, ["a", "b", "c"]);
    let taken = rings.jobs.take("ringed", 10).await.unwrap();
    assert!(taken.iter().all(|taken| taken.job.payload == json!({ "of": taken.job.key })));
}

async fn a_leader_of_the_past_enqueues_nothing(rings: &Rings) {
    let past = rings.begin(6, "one").await.term;
    let now = rings.begin(6, "other").await.term;
    let refused = rings.store.enqueue(past, vec![rings.job("late")]).await;
    assert!(matches!(refused, Err(RingJobsError::TermEnded)));
    assert!(!rings.keys().await.contains(&"late".to_owned()));
    let never = Term { topic: Topic(31), number: 1 };
    assert!(matches!(
        rings.store.enqueue(never, vec![rings.job("late")]).await,
        Err(RingJobsError::TermEnded)
    ));
    rings.store.enqueue(now, vec![rings.job("in time")]).await.unwrap();
    assert!(rings.keys().await.contains(&"in time".to_owned()));
}

/// Once the next term has begun, nothing of the one before it is added, however busy its leader was.
async fn nothing_is_added_once_the_next_term_has_begun(rings: &Rings) {
    let past = rings.begin(7, "one").await.term;
    let added = async || {
        let due = rings.jobs.list(JobState::Due, Limit::page(100).unwrap()).await.unwrap();
        due.into_iter().filter(|job| job.kind == "busy").count()
    };
    let busy: Vec<_> = (0..4)
        .map(|leader| {
            let (store, now) = (rings.store.clone(), rings.clock.now());
            tokio::spawn(async move {
                for turn in 0.. {
                    let key = format!("{leader}/{turn}");
                    let job = RingJob { kind: "busy", key, payload: json!(null), run_at: now };
                    if let Err(refused) = store.enqueue(past, vec![job]).await {
                        return refused;
                    }
                }
                unreachable!()
            })
        })
        .collect();
    while added().await < 8 {
        tokio::task::yield_now().await;
    }
    rings.begin(7, "other").await;
    let then = added().await;
    for leader in busy {
        assert!(matches!(leader.await.unwrap(), RingJobsError::TermEnded));
    }
    assert_eq!(added().await, then);
}

async fn contract(rings: Rings) {
    a_term_ends_the_one_before_it(&rings).await;
    the_next_leader_goes_on_where_the_last_one_was(&rings).await;
    many_are_begun_and_advanced_at_once(&rings).await;
    a_leader_enqueues_each_job_once(&rings).await;
    a_leader_of_the_past_enqueues_nothing(&rings).await;
    nothing_is_added_once_the_next_term_has_begun(&rings).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    contract(Rings::of(TestDatabase::sqlite(MIGRATIONS).await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    contract(Rings::of(TestDatabase::postgres(MIGRATIONS).await)).await;
}
