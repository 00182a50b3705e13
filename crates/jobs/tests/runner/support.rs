//! A runner over fresh databases, and a worker that remembers.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use engine_interfaces::{BoxError, Clock, Job, Limit, PutOff, Timestamp, Worker};
use jobs::{JobEntry, JobState, Jobs, Runner, RunnerError, Settings, Store, Taken};
use test_support::{FixedClock, TestDatabase};
use tokio::{sync::watch, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

const LIMIT: Duration = Duration::from_secs(30);

/// What the recorder's worker does.
pub(crate) const KIND: &str = "recorded";

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LIMIT, waiting).await.expect(what);
}

/// An engine's copy of the table and the runner's own, on a clock that stands still.
pub(crate) struct Bench {
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) settings: Settings,
    engine: TestDatabase,
    own: TestDatabase,
}

impl Bench {
    pub(crate) fn of(engine: TestDatabase, own: TestDatabase) -> Self {
        Self {
            clock: Arc::default(),
            settings: Settings {
                poll: Duration::from_millis(5),
                renew: Duration::from_millis(10),
                max_attempts: 3,
                drain: LIMIT,
                ..Settings::default()
            },
            engine,
            own,
        }
    }

    pub(crate) fn runner(&self, workers: Vec<Arc<dyn Worker>>) -> Runner {
        let own = self.own.database();
        Runner::new(self.clock.clone(), own, self.settings.clone()).queue(
            "engine",
            self.engine.database(),
            workers,
        )
    }

    pub(crate) fn run(&self, worker: Arc<dyn Worker>) -> Running {
        Running::start(self.runner(vec![worker]))
    }

    pub(crate) fn jobs(&self) -> Jobs {
        self.runner(Vec::new()).jobs()
    }

    pub(crate) fn store(&self) -> Store {
        self.store_on(self.clock.clone())
    }

    fn store_on(&self, clock: Arc<dyn Clock>) -> Store {
        Store::new(self.engine.database(), clock, Arc::new(self.settings.clone()))
    }

    pub(crate) async fn enqueue(&self, key: &str) {
        let payload = serde_json::Value::Null;
        self.store().enqueue(KIND, key.to_owned(), &payload).await.unwrap();
    }

    /// Takes the one running job, as a process does whose clock is ahead by a lease.
    pub(crate) async fn steal(&self) -> Taken {
        let ahead = Arc::new(FixedClock::default());
        ahead.advance(self.settings.lease);
        let (thief, mut stolen) = (self.store_on(ahead), Vec::new());
        // A job whose lease is being renewed at this moment is skipped.
        eventually("it is taken", async || {
            stolen = thief.take(KIND, 1).await.unwrap();
            !stolen.is_empty()
        })
        .await;
        stolen.remove(0)
    }

    pub(crate) async fn list(&self, state: JobState) -> Vec<JobEntry> {
        self.store().list(state, Limit::page(100).unwrap()).await.unwrap()
    }

    pub(crate) async fn count(&self, state: JobState) -> usize {
        self.list(state).await.len()
    }
}

/// A runner at work.
pub(crate) struct Running {
    task: JoinHandle<Result<(), RunnerError>>,
    stop: CancellationToken,
}

impl Running {
    pub(crate) fn start(runner: Runner) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(runner.run(stop.clone().cancelled_owned()));
        Self { task, stop }
    }

    pub(crate) fn ask_to_stop(&self) {
        self.stop.cancel();
    }

    pub(crate) async fn stop(self) {
        self.ask_to_stop();
        timeout(LIMIT, self.task).await.expect("it stops").unwrap().unwrap();
    }

    /// Ends it as the death of its process does: nothing is written any more.
    pub(crate) async fn die(self) {
        self.task.abort();
        self.task.await.unwrap_err();
    }
}

/// Remembers what its worker did, and says what it is to do.
pub(crate) struct Recorder {
    recording: Arc<Recording>,
    concurrency: Option<usize>,
}

struct Recording {
    performed: Mutex<BTreeMap<String, u32>>,
    stopped: AtomicU32,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
    mode: watch::Sender<Mode>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Succeed,
    Fail,
    Panic,
    Hold,
    PutOff(Timestamp),
}

impl Recorder {
    fn of(mode: Mode) -> Self {
        let recording = Recording {
            performed: Mutex::default(),
            stopped: AtomicU32::new(0),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
            mode: watch::Sender::new(mode),
        };
        Self { recording: Arc::new(recording), concurrency: None }
    }

    /// With a number of its own of jobs that run at once.
    pub(crate) fn at_once(mut self, concurrency: usize) -> Self {
        self.concurrency = Some(concurrency);
        self
    }

    pub(crate) fn succeeding() -> Self {
        Self::of(Mode::Succeed)
    }

    pub(crate) fn failing() -> Self {
        Self::of(Mode::Fail)
    }

    pub(crate) fn panicking() -> Self {
        Self::of(Mode::Panic)
    }

    /// Says that everything is for later.
    pub(crate) fn putting_off(until: Timestamp) -> Self {
        Self::of(Mode::PutOff(until))
    }

    /// Does not end what it began until [`Recorder::let_go`].
    pub(crate) fn holding() -> Self {
        Self::of(Mode::Hold)
    }

    pub(crate) fn let_go(&self) {
        self.recording.mode.send_replace(Mode::Succeed);
    }

    pub(crate) fn worker(&self) -> Arc<dyn Worker> {
        Arc::new(RecordingWorker { recording: Arc::clone(&self.recording), concurrency: self.concurrency })
    }

    /// How often each job was begun, by key.
    pub(crate) fn all_performed(&self) -> BTreeMap<String, u32> {
        self.recording.performed.lock().unwrap().clone()
    }

    pub(crate) fn performed(&self, key: &str) -> u32 {
        self.all_performed().get(key).copied().unwrap_or(0)
    }

    /// How many attempts were stopped before they ended.
    pub(crate) fn stopped(&self) -> u32 {
        self.recording.stopped.load(Ordering::SeqCst)
    }

    /// The most attempts that were under way at one time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.recording.most_at_once.load(Ordering::SeqCst)
    }
}

struct RecordingWorker {
    recording: Arc<Recording>,
    concurrency: Option<usize>,
}

/// Counts an attempt as stopped when it is dropped before it ended.
struct Attempt<'a>(Option<&'a AtomicU32>);

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Some(stopped) = self.0 {
            stopped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the worker failed")]
struct WorkerError(#[source] BoxError);

#[async_trait]
impl Worker for RecordingWorker {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn concurrency(&self) -> Option<usize> {
        self.concurrency
    }

    async fn perform(&self, job: &Job) -> Result<(), BoxError> {
        let recording = &self.recording;
        let mut attempt = Attempt(Some(&recording.stopped));
        *recording.performed.lock().unwrap().entry(job.key.clone()).or_default() += 1;
        let at_once = recording.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        recording.most_at_once.fetch_max(at_once, Ordering::SeqCst);
        let mode = *recording.mode.subscribe().wait_for(|mode| *mode != Mode::Hold).await?;
        recording.at_once.fetch_sub(1, Ordering::SeqCst);
        attempt.0 = None;
        match mode {
            Mode::Succeed | Mode::Hold => Ok(()),
            Mode::Fail => Err(WorkerError("planted".into()).into()),
            Mode::Panic => panic!("what a client wrote"),
            Mode::PutOff(until) => Err(PutOff { until }.into()),
        }
    }
}
