//! What the runner promises: each job once while its process lives, and again when it dies.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use engine_interfaces::Limit;
use jobs::{Every, JobState, MIGRATIONS, RunnerError};
use support::{Bench, KIND, Recorder, Running, eventually};
use test_support::TestDatabase;

/// One test for each database.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod sqlite {
            use super::{Bench, MIGRATIONS, TestDatabase};

            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let (engine, own) = (TestDatabase::sqlite(MIGRATIONS).await, TestDatabase::sqlite(MIGRATIONS).await);
                super::$name(Bench::of(engine, own)).await;
            })*
        }
        mod postgres {
            use super::{Bench, MIGRATIONS, TestDatabase};

            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let (engine, own) = (TestDatabase::postgres(MIGRATIONS).await, TestDatabase::postgres(MIGRATIONS).await);
                super::$name(Bench::of(engine, own)).await;
            })*
        }
    };
}

on_both! {
    runs_each_job_once
    puts_a_failed_job_off_until_it_is_dead
    counts_a_panic_as_an_attempt
    puts_a_job_off_for_as_long_as_its_worker_says
    runs_as_many_at_once_as_the_worker_says
    shares_the_work_with_another_runner
    does_again_what_a_dead_process_left
    keeps_a_long_job_by_renewing
    stops_an_attempt_whose_lease_is_lost
    enqueues_by_the_clock_once_for_all_processes
    finishes_what_is_in_hand_before_it_stops
    forgets_jobs_that_were_done_long_ago
}

async fn runs_each_job_once(bench: Bench) {
    let recorder = Recorder::succeeding();
    let running = bench.run(recorder.worker());
    for key in 0..30 {
        bench.enqueue(&key.to_string()).await;
        bench.enqueue(&key.to_string()).await;
    }
    eventually("all are done", async || bench.count(JobState::Done).await == 30).await;
    running.stop().await;
    assert_eq!(recorder.all_performed().len(), 30);
    assert!(recorder.all_performed().values().all(|&times| times == 1));
}

async fn puts_a_failed_job_off_until_it_is_dead(bench: Bench) {
    let recorder = Recorder::failing();
    let running = bench.run(recorder.worker());
    bench.enqueue("a").await;
    for attempt in 1..bench.settings.max_attempts {
        eventually("it waits", async || bench.count(JobState::Waiting).await == 1).await;
        assert_eq!(recorder.performed("a"), attempt);
        bench.clock.advance(bench.settings.backoff * 2_u32.pow(attempt - 1));
    }
    eventually("it is dead", async || bench.count(JobState::Dead).await == 1).await;
    running.stop().await;
    assert_eq!(recorder.performed("a"), bench.settings.max_attempts);
    let dead = bench.jobs().list(JobState::Dead, Limit::default()).await.unwrap().remove(0);
    assert_eq!(dead.0, "engine");
    assert_eq!(dead.1.last_error.as_deref(), Some("the worker failed: planted"), "the whole chain");
    assert!(bench.jobs().retry(dead.1.id).await.unwrap());
    assert_eq!(bench.count(JobState::Due).await, 1);
}

async fn counts_a_panic_as_an_attempt(bench: Bench) {
    let recorder = Recorder::panicking();
    let running = bench.run(recorder.worker());
    bench.enqueue("a").await;
    eventually("it waits", async || bench.count(JobState::Waiting).await == 1).await;
    let waiting = bench.list(JobState::Waiting).await.remove(0);
    assert_eq!((waiting.attempts, waiting.last_error.as_deref()), (1, Some("the worker panicked")));

    recorder.let_go();
    bench.clock.advance(bench.settings.backoff);
    eventually("it is done", async || bench.count(JobState::Done).await == 1).await;
    running.stop().await;
}

async fn puts_a_job_off_for_as_long_as_its_worker_says(bench: Bench) {
    let wait = bench.settings.backoff * 100;
    let until = engine_interfaces::Clock::now(bench.clock.as_ref()).plus(wait);
    let recorder = Recorder::putting_off(until);
    let running = bench.run(recorder.worker());
    bench.enqueue("a").await;
    eventually("it waits", async || bench.count(JobState::Waiting).await == 1).await;
    let waiting = bench.list(JobState::Waiting).await.remove(0);
    assert_eq!((waiting.run_at, waiting.attempts, waiting.last_error), (until, 0, None), "it is no failure");

    recorder.let_go();
    bench.clock.advance(wait);
    eventually("it is done", async || bench.count(JobState::Done).await == 1).await;
    running.stop().await;
    assert_eq!(recorder.performed("a"), 2);
}

async fn runs_as_many_at_once_as_the_worker_says(bench: Bench) {
    let (few, many) = (bench.settings.concurrency, bench.settings.concurrency + 3);
    let mut enqueued = 0;
    for (recorder, most) in [(Recorder::holding(), few), (Recorder::holding().at_once(many), many)] {
        let running = bench.run(recorder.worker());
        for key in 0..many + 1 {
            bench.enqueue(&format!("{most} {key}")).await;
            enqueued += 1;
        }
        eventually("its slots are full", async || bench.count(JobState::Running).await == most).await;
        recorder.let_go();
        eventually("all are done", async || bench.count(JobState::Done).await == enqueued).await;
        running.stop().await;
        assert_eq!(recorder.all_performed().len(), many + 1);
        assert_eq!(recorder.most_at_once(), most);
    }
}

async fn shares_the_work_with_another_runner(bench: Bench) {
    let (one, other) = (Recorder::succeeding(), Recorder::succeeding());
    for key in 0..100 {
        bench.enqueue(&key.to_string()).await;
    }
    let running = [bench.run(one.worker()), bench.run(other.worker())];
    eventually("all are done", async || {
        bench.count(JobState::Due).await == 0 && bench.count(JobState::Running).await == 0
    })
    .await;
    for running in running {
        running.stop().await;
    }
    let mut performed = one.all_performed();
    for (key, times) in other.all_performed() {
        *performed.entry(key).or_default() += times;
    }
    assert_eq!(performed.len(), 100);
    assert!(performed.values().all(|&times| times == 1), "none is done twice");
}

async fn does_again_what_a_dead_process_left(bench: Bench) {
    let (dying, heir) = (Recorder::holding(), Recorder::succeeding());
    bench.enqueue("a").await;
    let running = bench.run(dying.worker());
    eventually("it is begun", async || dying.performed("a") == 1).await;
    running.die().await;

    let running = bench.run(heir.worker());
    bench.enqueue("b").await;
    eventually("the heir is at work", async || heir.performed("b") == 1).await;
    assert_eq!(heir.performed("a"), 0, "the lease holds");
    bench.clock.advance(bench.settings.lease);
    eventually("both are done", async || bench.count(JobState::Done).await == 2).await;
    running.stop().await;
    assert_eq!(heir.performed("a"), 1);
}

async fn keeps_a_long_job_by_renewing(bench: Bench) {
    let (long, rival) = (Recorder::holding(), Recorder::succeeding());
    bench.enqueue("a").await;
    let running = bench.run(long.worker());
    eventually("it is begun", async || long.performed("a") == 1).await;
    let rivals = bench.run(rival.worker());
    for round in 0..5 {
        bench.clock.advance(bench.settings.lease.mul_f64(0.9));
        let until = engine_interfaces::Clock::now(bench.clock.as_ref()).plus(bench.settings.lease);
        eventually("it is renewed", async || bench.list(JobState::Running).await[0].run_at == until).await;
        bench.enqueue(&format!("round {round}")).await;
    }
    long.let_go();
    eventually("all are done", async || bench.count(JobState::Done).await == 6).await;
    running.stop().await;
    rivals.stop().await;
    assert_eq!((long.performed("a"), rival.performed("a")), (1, 0));
}

async fn stops_an_attempt_whose_lease_is_lost(bench: Bench) {
    let held = Recorder::holding();
    bench.enqueue("a").await;
    let running = bench.run(held.worker());
    eventually("it is begun", async || held.performed("a") == 1).await;
    // Another process, whose clock is ahead.
    let stolen = bench.steal().await;
    eventually("it is stopped", async || held.stopped() == 1).await;
    assert!(bench.store().finish(stolen.lease).await.unwrap());
    running.stop().await;
}

async fn enqueues_by_the_clock_once_for_all_processes(bench: Bench) {
    let recorder = Recorder::succeeding();
    let start = || Running::start(bench.runner(vec![recorder.worker()]).cron(KIND, Every::Day));
    let running = [start(), start()];
    // What is performed and not yet done would have lost its lease a day later.
    let done = async || {
        let done = bench.jobs().list(JobState::Done, Limit::default()).await.unwrap();
        done.iter().filter(|(_, job)| job.kind == KIND).count()
    };
    eventually("this day's is done", async || done().await == 1).await;
    bench.clock.advance(Duration::from_secs(24 * 60 * 60));
    eventually("the next day's too", async || recorder.all_performed().len() == 2).await;
    for running in running {
        running.stop().await;
    }
    assert!(recorder.all_performed().values().all(|&times| times == 1));
}

async fn finishes_what_is_in_hand_before_it_stops(bench: Bench) {
    let held = Recorder::holding();
    bench.enqueue("a").await;
    let running = bench.run(held.worker());
    eventually("it is begun", async || held.performed("a") == 1).await;
    running.ask_to_stop();
    held.let_go();
    running.stop().await;
    assert_eq!(bench.count(JobState::Done).await, 1);
    bench.enqueue("b").await;
    assert_eq!(bench.count(JobState::Due).await, 1, "nobody works any more");
}

async fn forgets_jobs_that_were_done_long_ago(bench: Bench) {
    let recorder = Recorder::succeeding();
    let running = bench.run(recorder.worker());
    bench.enqueue("a").await;
    eventually("it is done", async || bench.count(JobState::Done).await == 1).await;
    bench.clock.advance(bench.settings.keep_done + Duration::from_secs(60 * 60));
    eventually("it is forgotten", async || bench.count(JobState::Done).await == 0).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_that_nobody_does_is_refused_at_the_start() {
    let (engine, own) = (TestDatabase::sqlite(MIGRATIONS).await, TestDatabase::sqlite(MIGRATIONS).await);
    let runner = Bench::of(engine, own).runner(Vec::new()).cron("nobody's", Every::Hour);
    let refused = runner.run(std::future::pending()).await.unwrap_err();
    assert!(matches!(refused, RunnerError::NoWorker("nobody's")));
}
