//! What a copy of the table promises, on both databases.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::HashSet, sync::Arc, time::Duration};

use engine_interfaces::{Clock, Limit};
use jobs::{Failed, JobState, MIGRATIONS, Measures, Settings, Store, Taken};
use serde_json::json;
use test_support::{FixedClock, TestDatabase};

struct Copy {
    store: Store,
    clock: Arc<FixedClock>,
    settings: Settings,
    _database: TestDatabase,
}

impl Copy {
    fn of(database: TestDatabase) -> Self {
        let clock = Arc::new(FixedClock::default());
        let settings = Settings { max_attempts: 3, ..Settings::default() };
        let shared: Arc<dyn Clock> = clock.clone();
        Self {
            store: Store::new(database.database(), shared, Arc::new(settings.clone())),
            clock,
            settings,
            _database: database,
        }
    }

    async fn enqueue(&self, kind: &'static str, key: &str) {
        let payload = json!({ "of": key });
        self.store.enqueue(kind, key.to_owned(), &payload).await.unwrap();
    }

    async fn take(&self, kind: &'static str) -> Vec<Taken> {
        self.store.take(kind, 10).await.unwrap()
    }

    async fn take_one(&self, kind: &'static str) -> Taken {
        let mut taken = self.take(kind).await;
        assert_eq!(taken.len(), 1);
        taken.remove(0)
    }

    async fn keys(&self, kind: &'static str, state: JobState) -> Vec<String> {
        let entries = self.store.list(state, Limit::default()).await.unwrap();
        let of_kind = entries.into_iter().filter(|entry| entry.kind == kind);
        of_kind.map(|entry| entry.key).collect()
    }
}

async fn a_due_job_is_taken_once(copy: &Copy) {
    copy.enqueue("once", "a").await;
    copy.enqueue("once", "a").await;
    copy.enqueue("another kind", "a").await;
    assert_eq!(copy.keys("once", JobState::Due).await, ["a"]);

    let taken = copy.take_one("once").await;
    assert_eq!((taken.job.key.as_str(), taken.job.attempt), ("a", 1));
    assert_eq!(taken.job.payload, json!({ "of": "a" }));
    assert!(copy.take("once").await.is_empty());
    assert_eq!(copy.keys("once", JobState::Running).await, ["a"]);

    assert!(copy.store.finish(taken.lease).await.unwrap());
    copy.enqueue("once", "a").await;
    assert!(copy.take("once").await.is_empty(), "a key stays taken while its job is kept");
    assert_eq!(copy.keys("once", JobState::Done).await, ["a"]);
}

async fn no_more_are_taken_than_asked_for_and_the_longest_due_first(copy: &Copy) {
    for key in ["a", "b", "c"] {
        copy.enqueue("order", key).await;
        copy.clock.advance(Duration::from_millis(1));
    }
    let taken = copy.store.take("order", 2).await.unwrap();
    let mut keys: Vec<_> = taken.iter().map(|taken| taken.job.key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["a", "b"]);
}

async fn a_failed_job_waits_longer_each_time_and_is_dead_in_the_end(copy: &Copy) {
    copy.enqueue("failing", "a").await;
    for attempt in 1..copy.settings.max_attempts {
        let taken = copy.take_one("failing").await;
        assert_eq!(taken.job.attempt, attempt);
        let failed = copy.store.fail(&taken, "no luck".to_owned()).await.unwrap();
        let wait = copy.settings.backoff * 2_u32.pow(attempt - 1);
        assert_eq!(failed, Failed::PutOff(copy.clock.now().plus(wait)));
        assert_eq!(copy.keys("failing", JobState::Waiting).await, ["a"]);

        copy.clock.advance(wait - Duration::from_micros(1));
        assert!(copy.take("failing").await.is_empty());
        copy.clock.advance(Duration::from_micros(1));
    }
    let taken = copy.take_one("failing").await;
    assert_eq!(copy.store.fail(&taken, "no luck".to_owned()).await.unwrap(), Failed::Dead);

    copy.clock.advance(Duration::from_secs(1_000_000));
    assert!(copy.take("failing").await.is_empty());
    let dead = copy.store.list(JobState::Dead, Limit::default()).await.unwrap();
    let dead = dead.iter().find(|entry| entry.kind == "failing").unwrap();
    assert_eq!((dead.attempts, dead.last_error.as_deref()), (3, Some("no luck")));
}

async fn a_dead_job_can_be_tried_again(copy: &Copy) {
    let dead = copy.store.list(JobState::Dead, Limit::default()).await.unwrap();
    let dead = dead.iter().find(|entry| entry.kind == "failing").unwrap();
    assert!(copy.store.retry(dead.id).await.unwrap());
    assert!(!copy.store.retry(dead.id).await.unwrap(), "it is no longer dead");
    let taken = copy.take_one("failing").await;
    assert_eq!((taken.job.id, taken.job.attempt), (dead.id, 1));
    assert!(copy.store.finish(taken.lease).await.unwrap());
}

async fn a_lease_that_runs_out_gives_the_job_to_another(copy: &Copy) {
    copy.enqueue("lost", "a").await;
    let first = copy.take_one("lost").await;
    copy.clock.advance(copy.settings.lease);
    let second = copy.take_one("lost").await;
    assert_eq!((second.job.id, second.job.attempt), (first.job.id, 2));

    assert!(!copy.store.renew(first.lease).await.unwrap());
    assert!(!copy.store.finish(first.lease).await.unwrap());
    assert_eq!(copy.store.fail(&first, "late".to_owned()).await.unwrap(), Failed::Lost);
    copy.store.release(first.lease).await.unwrap();
    assert_eq!(copy.keys("lost", JobState::Running).await, ["a"], "the late attempt changed nothing");
    assert!(copy.store.finish(second.lease).await.unwrap());
}

async fn a_renewed_lease_keeps_the_job(copy: &Copy) {
    copy.enqueue("long", "a").await;
    let taken = copy.take_one("long").await;
    for _ in 0..5 {
        copy.clock.advance(copy.settings.lease - Duration::from_micros(1));
        assert!(copy.take("long").await.is_empty());
        assert!(copy.store.renew(taken.lease).await.unwrap());
    }
    assert!(copy.store.finish(taken.lease).await.unwrap());
}

async fn a_job_that_kills_its_process_each_time_is_dead_in_the_end(copy: &Copy) {
    copy.enqueue("poison", "a").await;
    for _ in 0..copy.settings.max_attempts {
        copy.take_one("poison").await;
        copy.clock.advance(copy.settings.lease);
    }
    assert!(copy.take("poison").await.is_empty());
    assert_eq!(copy.keys("poison", JobState::Dead).await, ["a"]);
}

async fn a_job_that_was_not_begun_is_given_back(copy: &Copy) {
    copy.enqueue("back", "a").await;
    let taken = copy.take_one("back").await;
    copy.store.release(taken.lease).await.unwrap();
    let again = copy.take_one("back").await;
    assert_eq!(again.job.attempt, 1);
    assert!(copy.store.finish(again.lease).await.unwrap());
}

async fn takers_at_once_get_different_jobs(copy: &Copy) {
    for n in 0..40 {
        copy.enqueue("shared", &n.to_string()).await;
    }
    let takers: Vec<_> = (0..8)
        .map(|_| {
            let store = copy.store.clone();
            tokio::spawn(async move { store.take("shared", 5).await.unwrap() })
        })
        .collect();
    let mut ids = Vec::new();
    for taker in takers {
        ids.extend(taker.await.unwrap().into_iter().map(|taken| taken.job.id));
    }
    // One that comes while the others hold their rows may leave with fewer, and finds the rest later.
    ids.extend(copy.store.take("shared", 40).await.unwrap().iter().map(|taken| taken.job.id));
    assert_eq!(ids.len(), 40);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 40);
}

async fn done_jobs_are_pruned_and_dead_ones_kept(copy: &Copy) {
    copy.enqueue("pruned", "a").await;
    let taken = copy.take_one("pruned").await;
    copy.clock.advance(Duration::from_secs(1));
    assert!(copy.store.finish(taken.lease).await.unwrap());
    let dead = copy.store.measure().await.unwrap().dead;
    assert!(dead > 0);

    copy.clock.advance(copy.settings.keep_done);
    copy.store.prune().await.unwrap();
    assert_eq!(copy.keys("pruned", JobState::Done).await, ["a"], "not a moment too early");
    copy.clock.advance(Duration::from_micros(1));
    assert_eq!(copy.store.prune().await.unwrap(), 1);
    assert_eq!(copy.store.measure().await.unwrap().dead, dead);
}

async fn a_copy_is_measured(copy: &Copy) {
    assert_eq!(copy.store.measure().await.unwrap(), Measures::default());
    copy.enqueue("measured", "a").await;
    copy.clock.advance(Duration::from_secs(7));
    let measures = copy.store.measure().await.unwrap();
    let oldest = Duration::from_secs(7);
    assert_eq!(measures, Measures { depth: 1, oldest, dead: 0 });
    let taken = copy.take_one("measured").await;
    assert!(copy.store.finish(taken.lease).await.unwrap());
}

async fn contract(copy: Copy) {
    a_copy_is_measured(&copy).await;
    a_due_job_is_taken_once(&copy).await;
    no_more_are_taken_than_asked_for_and_the_longest_due_first(&copy).await;
    a_failed_job_waits_longer_each_time_and_is_dead_in_the_end(&copy).await;
    a_dead_job_can_be_tried_again(&copy).await;
    a_lease_that_runs_out_gives_the_job_to_another(&copy).await;
    a_renewed_lease_keeps_the_job(&copy).await;
    a_job_that_kills_its_process_each_time_is_dead_in_the_end(&copy).await;
    a_job_that_was_not_begun_is_given_back(&copy).await;
    takers_at_once_get_different_jobs(&copy).await;
    done_jobs_are_pruned_and_dead_ones_kept(&copy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    contract(Copy::of(TestDatabase::sqlite(MIGRATIONS).await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    contract(Copy::of(TestDatabase::postgres(MIGRATIONS).await)).await;
}
