//! Runs the engines' workers over every copy of the table.

use std::{collections::BTreeMap, sync::Arc};

use apalis::{layers::catch_panic::CatchPanicLayer, prelude::Monitor};
use apalis_core::worker::builder::WorkerBuilder;
use database::Database;
use engine_interfaces::{Clock, Outage, Worker};
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    Every, Jobs, OWN_QUEUE, Settings, Store,
    backend::{InHand, JobsBackend},
    chain,
    cron::Cron,
    meters::{self, QueueMeters},
    prune_jobs::PruneJobs,
};

/// Runs the engines' workers over every copy of the table, one apalis worker for each kind in each copy.
///
/// A job is performed at least once, and by one worker at a time as long as its process lives; see
/// [`Worker`]. Any number of runners may share the copies.
///
/// # Example
/// ```
/// use std::sync::Arc;
///
/// use async_trait::async_trait;
/// use engine_interfaces::{BoxError, Job, SystemClock, Worker};
/// use jobs::{Every, Runner, Settings};
/// # use database::{Database, Location, PoolSettings};
/// # use jobs::MIGRATIONS;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let url = format!("sqlite:{}", folder.path().display());
/// # let own = Database::open(Location::parse(&url, "jobs")?, &PoolSettings::default())?;
/// # own.migrate(MIGRATIONS).await?;
///
/// struct Tidy;
///
/// #[async_trait]
/// impl Worker for Tidy {
///     fn kind(&self) -> &'static str {
///         "example.tidy"
///     }
///
///     async fn perform(&self, _: &Job) -> Result<(), BoxError> {
///         Ok(())
///     }
/// }
///
/// let runner = Runner::new(Arc::new(SystemClock), own, Settings::default())
///     .ring_workers(vec![Arc::new(Tidy)])
///     .cron("example.tidy", Every::Hour);
/// let shutdown = async {}; // of a service: its signal
/// runner.run(shutdown).await?;
/// # Ok(()) }
/// ```
pub struct Runner {
    jobs: Jobs,
    queues: Vec<Queue>,
    /// Of the copy of its own, besides what the time of day causes.
    workers: Vec<Arc<dyn Worker>>,
    crons: Vec<Cron>,
}

struct Queue {
    name: &'static str,
    store: Store,
    workers: Vec<Arc<dyn Worker>>,
}

/// The runner could not be put together.
///
/// # Example
/// ```
/// # use jobs::MIGRATIONS;
/// # use test_support::TestDatabase;
/// use std::sync::Arc;
///
/// use engine_interfaces::SystemClock;
/// use jobs::{Every, Runner, RunnerError, Settings};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let test = TestDatabase::sqlite(MIGRATIONS).await;
/// # let own = test.database();
/// let runner = Runner::new(Arc::new(SystemClock), own, Settings::default()).cron("example.tidy", Every::Day);
/// let ran = runner.run(std::future::pending()).await; // ends at once all the same
/// assert!(matches!(ran, Err(RunnerError::NoWorker("example.tidy"))));
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// A kind is to be enqueued by the clock, and nobody does it.
    #[error("no worker does {0}")]
    NoWorker(&'static str),
    /// What drives the workers ended.
    #[error("the workers ended")]
    Ended(#[from] apalis_core::monitor::MonitorError),
}

/// A worker panicked. Not its message, which may quote what it worked on.
#[derive(Debug, thiserror::Error)]
#[error("the worker panicked")]
struct Panicked;

impl Runner {
    /// Over the copy of its own, which holds what no engine's transaction causes.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, own: Database, settings: Settings) -> Self {
        Self {
            jobs: Jobs::new(clock, own, settings),
            queues: Vec::new(),
            workers: Vec::new(),
            crons: Vec::new(),
        }
        .cron(PruneJobs::KIND, Every::Hour)
    }

    /// And over the copy in the engine `name`'s database, with the engine's workers.
    ///
    /// # Example
    /// ```
    /// use std::sync::Arc;
    ///
    /// use database::Database;
    /// use engine_interfaces::Worker;
    /// use jobs::Runner;
    ///
    /// /// Chat's jobs commit with its messages, and so are among its own tables.
    /// fn with_chat(runner: Runner, chat: &Database, workers: Vec<Arc<dyn Worker>>) -> Runner {
    ///     runner.queue("chat", chat.clone(), workers)
    /// }
    /// ```
    #[must_use]
    pub fn queue(mut self, name: &'static str, database: Database, workers: Vec<Arc<dyn Worker>>) -> Self {
        let store = self.store(database.clone());
        self.jobs = self.jobs.queue(name, database);
        self.queues.push(Queue { name, store, workers });
        self
    }

    /// And with the workers of what the rings' leaders enqueue, into the copy of its own.
    #[must_use]
    pub fn ring_workers(mut self, workers: Vec<Arc<dyn Worker>>) -> Self {
        self.workers.extend(workers);
        self
    }

    /// Enqueues a job of `kind` at the beginning of every slot, into the copy of its own. One of the engines'
    /// workers does it.
    #[must_use]
    pub fn cron(mut self, kind: &'static str, every: Every) -> Self {
        self.crons.push(Cron::new(kind, every));
        self
    }

    /// All copies, for the operator.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use engine_interfaces::SystemClock;
    /// # use jobs::{MIGRATIONS, Runner, Settings};
    /// # use test_support::TestDatabase;
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let test = TestDatabase::sqlite(MIGRATIONS).await;
    /// # let runner = Runner::new(Arc::new(SystemClock), test.database(), Settings::default());
    /// let jobs = runner.jobs(); // before it runs, which takes the runner itself
    /// runner.run(async {}).await?;
    /// for (queue, measured) in jobs.measure().await? {
    ///     println!("{queue}: {} wait, {} are dead", measured.depth, measured.dead);
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn jobs(&self) -> Jobs {
        self.jobs.clone()
    }

    /// Works until `shutdown`; then takes no more jobs and waits for those in hand, for as long as
    /// [`Settings::drain`]. What does not end by then is done again when its lease has run out.
    ///
    /// # Errors
    /// At once, when a kind of [`Runner::cron`] has no worker.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), RunnerError> {
        meters::describe();
        let own = self.own()?;
        let settings = Arc::clone(self.jobs.settings());
        let mut monitor = Monitor::new().shutdown_timeout(settings.drain).should_restart(|_, _| true);
        let ours = own.store.clone();
        for Queue { name, store, workers } in self.queues.into_iter().chain([own]) {
            for worker in workers {
                monitor = register(monitor, name, &store, &settings, worker);
            }
        }
        let signal = async {
            shutdown.await;
            Ok(())
        };
        tokio::select! {
            ended = monitor.run_with_signal(signal) => Ok(ended?),
            () = keep_time(ours, self.crons, Arc::clone(self.jobs.clock()), &settings) => Ok(()),
            () = measure(&self.jobs, &settings) => Ok(()),
        }
    }

    fn store(&self, database: Database) -> Store {
        Store::new(database, Arc::clone(self.jobs.clock()), Arc::clone(self.jobs.settings()))
    }

    /// The copy of its own, with the workers of all that the clock enqueues.
    fn own(&self) -> Result<Queue, RunnerError> {
        let prune: Arc<dyn Worker> = Arc::new(PruneJobs::new(self.jobs.clone()));
        let engines = self.queues.iter().flat_map(|queue| &queue.workers).chain(&self.workers);
        let known: Vec<_> = engines.chain([&prune]).collect();
        let worker = |cron: &Cron| {
            let found = known.iter().find(|worker| worker.kind() == cron.kind());
            found.map(|worker| Arc::clone(worker)).ok_or(RunnerError::NoWorker(cron.kind()))
        };
        let mut workers = self.crons.iter().map(worker).collect::<Result<Vec<_>, _>>()?;
        workers.extend(self.workers.iter().cloned());
        Ok(Queue { name: OWN_QUEUE, store: self.jobs.own().clone(), workers })
    }
}

/// Gives the monitor one apalis worker, which it starts again should it ever end early.
fn register(
    monitor: Monitor,
    queue: &str,
    store: &Store,
    settings: &Arc<Settings>,
    worker: Arc<dyn Worker>,
) -> Monitor {
    let (store, settings) = (store.clone(), Arc::clone(settings));
    let name = format!("{queue}/{}", worker.kind());
    monitor.register(move |_| {
        let worker = Arc::clone(&worker);
        let backend = JobsBackend::new(store.clone(), worker.as_ref(), Arc::clone(&settings));
        WorkerBuilder::new(name.as_str())
            .backend(backend)
            .layer(CatchPanicLayer::with_panic_handler(|_| Panicked))
            .build(move |in_hand: InHand| {
                let worker = Arc::clone(&worker);
                async move {
                    // Moved here whole: its slot is filled until the attempt is over.
                    let in_hand = in_hand;
                    worker.perform(&in_hand.taken.job).await
                }
            })
    })
}

/// Enqueues what the time of day causes; never returns.
async fn keep_time(own: Store, mut crons: Vec<Cron>, clock: Arc<dyn Clock>, settings: &Settings) {
    let mut tick = interval(settings.poll);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        for cron in &mut crons {
            cron.enqueue(&own, clock.as_ref()).await;
        }
    }
}

/// Sets the gauges from time to time; never returns.
async fn measure(jobs: &Jobs, settings: &Settings) {
    let mut tick = interval(settings.measure);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let outage = Outage::default();
    let mut queues: BTreeMap<&str, QueueMeters> = BTreeMap::new();
    loop {
        tick.tick().await;
        match jobs.measure().await {
            Ok(measures) => {
                outage.ends();
                for (queue, measured) in measures {
                    queues.entry(queue).or_insert_with(|| QueueMeters::new(queue)).set(&measured);
                }
            }
            Err(error) if outage.begins() => {
                tracing::warn!(error = %chain(&error), "the jobs can't be counted");
            }
            Err(_) => {}
        }
    }
}
