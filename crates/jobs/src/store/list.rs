//! What an operator asks of a copy: which jobs there are, how many, and that a dead one be tried again.

use std::{fmt, str::FromStr, time::Duration};

use database::{At, StoreError, detached, jobs::jobs as table, on};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper, update,
};
use diesel_async::RunQueryDsl;
use engine_interfaces::{JobId, Limit, Timestamp};

use super::{Store, open, rows::EntryRow};

/// Where a job is on its way.
///
/// # Example
/// ```
/// use jobs::JobState;
///
/// assert_eq!("dead".parse(), Ok(JobState::Dead));
/// assert!(JobState::ALL.iter().all(|state| state.to_string().parse() == Ok(*state)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobState {
    /// For later: put off, or enqueued so.
    Waiting,
    /// To be taken by the next worker.
    Due,
    /// Being worked on, its lease not run out.
    Running,
    /// Given up; kept until someone retries it.
    Dead,
    /// Succeeded; kept for a while, so that its key stays taken.
    Done,
}

impl JobState {
    /// All of them, in the order of a job's life.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Due, Self::Running, Self::Dead, Self::Done];

    const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Due => "due",
            Self::Running => "running",
            Self::Dead => "dead",
            Self::Done => "done",
        }
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No state of a job has this name.
///
/// # Example
/// ```
/// use jobs::{JobState, UnknownState};
///
/// assert_eq!("failed".parse::<JobState>(), Err(UnknownState));
/// assert_eq!(UnknownState.to_string(), "a job is waiting, due, running, dead or done"); // for who mistyped it
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a job is waiting, due, running, dead or done")]
pub struct UnknownState;

impl FromStr for JobState {
    type Err = UnknownState;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let mut states = Self::ALL.into_iter();
        states.find(|state| state.name() == name).ok_or(UnknownState)
    }
}

/// A job as the operator sees it.
///
/// # Example
/// ```
/// use jobs::JobEntry;
///
/// /// A line for the operator. No error holds what clients wrote.
/// fn line(entry: &JobEntry) -> String {
///     let JobEntry { kind, key, attempts, last_error, .. } = entry;
///     format!("{kind} {key}: {attempts} attempts, {}", last_error.as_deref().unwrap_or("none failed"))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobEntry {
    /// Its id.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// Unique within the kind.
    pub key: String,
    /// Where it is on its way.
    pub state: JobState,
    /// Not before; while it runs, the end of its lease.
    pub run_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was enqueued.
    pub created_at: Timestamp,
}

/// How a copy is doing.
///
/// # Example
/// ```
/// use std::time::Duration;
///
/// use jobs::Measures;
///
/// /// Do the workers keep up? The depth alone does not tell: it counts what is for later too.
/// fn keeps_up(measured: &Measures) -> bool {
///     measured.oldest < Duration::from_secs(60)
/// }
/// assert!(keeps_up(&Measures { depth: 10_000, ..Measures::default() }));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measures {
    /// Jobs neither done nor dead.
    pub depth: u64,
    /// How long the longest due job has been due; zero when none is.
    pub oldest: Duration,
    /// Jobs given up.
    pub dead: u64,
}

impl Store {
    /// The jobs in `state`, earliest `run_at` first.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use test_support::{FixedClock, TestDatabase};
    /// # use jobs::{MIGRATIONS, Settings, Store};
    /// use engine_interfaces::Limit;
    /// use jobs::JobState;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (test, clock) = (TestDatabase::sqlite(MIGRATIONS).await, Arc::new(FixedClock::default()));
    /// # let store = Store::new(test.database(), clock.clone(), Arc::new(Settings::default()));
    /// # store.enqueue("example.greet", "ann".into(), &serde_json::json!({ "name": "Ann" })).await?;
    /// assert_eq!(store.list(JobState::Due, Limit::default()).await?[0].key, "ann");
    /// store.take("example.greet", 1).await?;
    /// assert!(store.list(JobState::Due, Limit::default()).await?.is_empty());
    /// assert_eq!(store.list(JobState::Running, Limit::default()).await?[0].attempts, 1);
    /// # Ok(()) }
    /// ```
    pub async fn list(&self, state: JobState, limit: Limit) -> Result<Vec<JobEntry>, StoreError> {
        let now = At(self.clock.now());
        let limit = i64::try_from(limit.get()).unwrap_or(i64::MAX);
        let all = table::table.order((table::run_at, table::id)).limit(limit);
        let leased = table::lease_id.is_not_null();
        let later = table::run_at.gt(now);
        macro_rules! load {
            ($query:expr) => {
                on!(self, read, |conn| $query.select(EntryRow::as_select()).load(conn))
            };
        }
        let rows = match state {
            JobState::Waiting => load!(all.filter(open()).filter(later).filter(table::lease_id.is_null())),
            JobState::Due => load!(all.filter(open()).filter(table::run_at.le(now))),
            JobState::Running => load!(all.filter(open()).filter(later.and(leased))),
            JobState::Dead => load!(all.filter(table::dead_at.is_not_null())),
            JobState::Done => load!(all.filter(table::done_at.is_not_null())),
        }?;
        Ok(rows.into_iter().map(|row| row.entry(state)).collect())
    }

    /// Makes a dead job due, with all its attempts before it. `false` when there is no such dead job.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retry(&self, id: JobId) -> Result<bool, StoreError> {
        let (store, now) = (self.clone(), At(self.clock.now()));
        let changed = detached(async move {
            let dead =
                table::table.filter(table::id.eq(database::Col(id))).filter(table::dead_at.is_not_null());
            on!(store, write, |conn| update(dead)
                .set((table::dead_at.eq(None::<At>), table::run_at.eq(now), table::attempts.eq(0),))
                .execute(conn))
        });
        Ok(changed.await? == 1)
    }

    /// How this copy is doing.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use test_support::{FixedClock, TestDatabase};
    /// # use jobs::{MIGRATIONS, Settings, Store};
    /// use std::time::Duration;
    ///
    /// use jobs::Measures;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (test, clock) = (TestDatabase::sqlite(MIGRATIONS).await, Arc::new(FixedClock::default()));
    /// # let store = Store::new(test.database(), clock.clone(), Arc::new(Settings::default()));
    /// # store.enqueue("example.greet", "ann".into(), &serde_json::json!({ "name": "Ann" })).await?;
    /// clock.advance(Duration::from_secs(5)); // and nobody takes it
    /// let oldest = Duration::from_secs(5);
    /// assert_eq!(store.measure().await?, Measures { depth: 1, oldest, dead: 0 });
    /// # Ok(()) }
    /// ```
    pub async fn measure(&self) -> Result<Measures, StoreError> {
        let now = self.clock.now();
        let depth = table::table.filter(open()).count();
        let first = table::table.filter(open()).select(table::run_at).order(table::run_at);
        let dead = table::table.filter(table::dead_at.is_not_null()).count();
        let depth: i64 = on!(self, read, |conn| depth.get_result(conn))?;
        let first: Option<At> = on!(self, read, |conn| async { first.first(conn).await.optional() })?;
        let dead: i64 = on!(self, read, |conn| dead.get_result(conn))?;
        Ok(Measures {
            depth: depth.unsigned_abs(),
            oldest: first.map_or(Duration::ZERO, |first| now.since(first.0)),
            dead: dead.unsigned_abs(),
        })
    }
}
