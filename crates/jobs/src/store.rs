//! One copy of the `jobs` table: taking jobs, and what becomes of them.

mod list;
mod portable;
mod prune;
mod rings;
mod rows;

use std::sync::Arc;

use database::{
    At, Col, Database, StoreError, detached, jobs::Enqueue, jobs::NewJob, jobs::jobs as table, on,
};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, SelectableHelper,
    dsl::{auto_type, exists, select},
    update,
};
use diesel_async::RunQueryDsl;
use engine_interfaces::{Clock, Job, JobId, Outage, Timestamp};
use uuid::Uuid;

use crate::Settings;

pub use list::{JobEntry, JobState, Measures, UnknownState};
pub use portable::tables;
pub use rings::RingStore;
use rows::TakenRow;

/// The right to work on a job, until its lease runs out and another worker takes it.
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// # use test_support::{FixedClock, TestDatabase};
/// # use jobs::{MIGRATIONS, Settings, Store};
/// use std::time::Duration;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (test, clock) = (TestDatabase::sqlite(MIGRATIONS).await, Arc::new(FixedClock::default()));
/// # let store = Store::new(test.database(), clock.clone(), Arc::new(Settings::default()));
/// # store.enqueue("example.greet", "ann".into(), &serde_json::json!({ "name": "Ann" })).await?;
/// let lease = store.take("example.greet", 1).await?[0].lease;
/// clock.advance(Duration::from_secs(31)); // its process stands still for longer than the lease
/// let again = store.take("example.greet", 1).await?[0].lease;
/// assert!(!store.finish(lease).await?, "what it says too late changes nothing");
/// assert!(store.finish(again).await?);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    job: Col<JobId>,
    lease_id: Col<Uuid>,
}

/// A job that was taken.
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// # use test_support::{FixedClock, TestDatabase};
/// # use jobs::{MIGRATIONS, Settings, Store};
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (test, clock) = (TestDatabase::sqlite(MIGRATIONS).await, Arc::new(FixedClock::default()));
/// # let store = Store::new(test.database(), clock.clone(), Arc::new(Settings::default()));
/// # store.enqueue("example.greet", "ann".into(), &serde_json::json!({ "name": "Ann" })).await?;
/// for taken in store.take("example.greet", 10).await? {
///     if taken.job.payload["name"].is_string() {
///         store.finish(taken.lease).await?;
///     } else {
///         store.fail(&taken, "it has no name".into()).await?;
///     }
/// }
/// assert_eq!(store.measure().await?.depth, 0);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Taken {
    /// What is to be done.
    pub job: Job,
    /// The right to do it.
    pub lease: Lease,
}

/// What became of a job whose attempt failed.
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// # use test_support::{FixedClock, TestDatabase};
/// # use jobs::{MIGRATIONS, Settings, Store};
/// use std::time::Duration;
///
/// use engine_interfaces::Clock;
/// use jobs::Failed;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (test, clock) = (TestDatabase::sqlite(MIGRATIONS).await, Arc::new(FixedClock::default()));
/// # let store = Store::new(test.database(), clock.clone(), Arc::new(Settings::default()));
/// # store.enqueue("example.greet", "ann".into(), &serde_json::json!({ "name": "Ann" })).await?;
/// let taken = store.take("example.greet", 1).await?.remove(0);
/// let again = clock.now().plus(Duration::from_secs(2)); // `Settings::backoff`
/// assert_eq!(store.fail(&taken, "nobody is there".into()).await?, Failed::PutOff(again));
/// assert_eq!(store.fail(&taken, "nobody is there".into()).await?, Failed::Lost, "the lease has ended with that");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// It will be tried again, not before this.
    PutOff(Timestamp),
    /// That was the last attempt. The job is kept, and does not run again by itself.
    Dead,
    /// The lease had run out and another worker has the job: what it does counts.
    Lost,
}

/// What is written where an attempt ended without a word: the process died each time.
const NEVER_ENDED: &str = "the last attempt never ended: its process died or was stopped";

/// One copy of the `jobs` table, on either database. Cheap to clone.
///
/// # Example
/// ```
/// use std::sync::Arc;
///
/// use database::{Database, Location, PoolSettings};
/// use engine_interfaces::SystemClock;
/// use jobs::{MIGRATIONS, Settings, Store};
/// use serde_json::json;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let url = format!("sqlite:{}", folder.path().display());
/// let own = Database::open(Location::parse(&url, "jobs")?, &PoolSettings::default())?;
/// own.migrate(MIGRATIONS).await?;
///
/// let (clock, settings) = (Arc::new(SystemClock), Arc::new(Settings::default()));
/// let store = Store::new(own, clock, settings);
/// for _ in 0..2 {
///     store.enqueue("example.greet", "ann".into(), &json!({ "name": "Ann" })).await?; // once, by its key
/// }
/// let taken = store.take("example.greet", 10).await?; // nobody else has it while the lease holds
/// assert_eq!(taken.len(), 1);
/// assert_eq!(taken[0].job.payload["name"], "Ann");
/// assert!(store.finish(taken[0].lease).await?, "the lease held: this attempt counts");
/// assert!(store.take("example.greet", 10).await?.is_empty());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Store {
    pub(crate) database: Database,
    clock: Arc<dyn Clock>,
    settings: Arc<Settings>,
    /// Of the workers that look for jobs here.
    pub(crate) outage: Arc<Outage>,
}

/// Neither done nor dead.
#[auto_type(no_type_alias)]
fn open() -> _ {
    table::done_at.is_null().and(table::dead_at.is_null())
}

/// The row of a job for as long as the lease holds: an attempt that comes too late changes nothing.
#[auto_type(no_type_alias)]
fn held(lease: Lease) -> _ {
    let job: Col<JobId> = lease.job;
    let lease_id: Col<Uuid> = lease.lease_id;
    table::table.filter(table::id.eq(job)).filter(table::lease_id.eq(lease_id))
}

impl Store {
    /// Over the `jobs` table of an engine's database.
    #[must_use]
    pub fn new(database: Database, clock: Arc<dyn Clock>, settings: Arc<Settings>) -> Self {
        Self { database, clock, settings, outage: Arc::default() }
    }

    /// Adds a job that no engine's transaction causes, unless there is one of its kind and key already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn enqueue(
        &self,
        kind: &'static str,
        key: String,
        payload: &serde_json::Value,
    ) -> Result<(), StoreError> {
        let (store, now) = (self.clone(), self.clock.now());
        let job = NewJob::new(JobId(self.clock.new_id()), kind, key, payload, now, now);
        detached(async move { on!(store, write, |conn| conn.enqueue(job)) }).await
    }

    /// Takes up to `limit` due jobs of `kind`, the longest due first. Nobody else has them while the lease
    /// holds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take(&self, kind: &'static str, limit: usize) -> Result<Vec<Taken>, StoreError> {
        // Asked first, since nearly always nothing is due, and a look costs no lock.
        if !self.any_due(kind).await? {
            return Ok(Vec::new());
        }
        let store = self.clone();
        detached(async move { store.take_due(kind, i64::try_from(limit).unwrap_or(i64::MAX)).await }).await
    }

    async fn any_due(&self, kind: &str) -> Result<bool, StoreError> {
        let now = At(self.clock.now());
        let due = table::table.filter(table::kind.eq(kind)).filter(open()).filter(table::run_at.le(now));
        on!(self, read, |conn| select(exists(due)).get_result(conn))
    }

    async fn take_due(&self, kind: &str, limit: i64) -> Result<Vec<Taken>, StoreError> {
        let now = self.clock.now();
        let until = At(now.plus(self.settings.lease));
        let lease_id = Col(self.clock.new_id());
        let due = table::table
            .filter(table::kind.eq(kind))
            .filter(open())
            .filter(table::run_at.le(At(now)))
            .order(table::run_at)
            .limit(limit);
        macro_rules! lease {
            ($conn:ident, $due:expr) => {{
                let rows: Vec<TakenRow> = $due.select(TakenRow::as_select()).load($conn).await?;
                let (spent, taken) = self.spent(rows);
                update(table::table.filter(table::id.eq_any(ids(&taken))))
                    .set((
                        table::lease_id.eq(lease_id),
                        table::run_at.eq(until),
                        table::attempts.eq(table::attempts + 1),
                    ))
                    .execute($conn)
                    .await?;
                if !spent.is_empty() {
                    update(table::table.filter(table::id.eq_any(ids(&spent))))
                        .set((
                            table::dead_at.eq(At(now)),
                            table::lease_id.eq(None::<Col<Uuid>>),
                            table::last_error.eq(NEVER_ENDED),
                        ))
                        .execute($conn)
                        .await?;
                }
                Ok(taken)
            }};
        }
        let rows = on!(self, transaction, |pg| lease!(pg, due.for_update().skip_locked()), |lite| lease!(
            lite, due
        ))?;
        Ok(rows.into_iter().map(|row| row.taken(lease_id)).collect())
    }

    /// Parts jobs whose every attempt ended with their process from those that may be tried.
    fn spent(&self, rows: Vec<TakenRow>) -> (Vec<TakenRow>, Vec<TakenRow>) {
        let max = i64::from(self.settings.max_attempts);
        rows.into_iter().partition(|row| row.attempts >= max)
    }

    /// Keeps the job for another lease. `false` when another worker has it.
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
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (test, clock) = (TestDatabase::sqlite(MIGRATIONS).await, Arc::new(FixedClock::default()));
    /// # let store = Store::new(test.database(), clock.clone(), Arc::new(Settings::default()));
    /// # store.enqueue("example.greet", "ann".into(), &serde_json::json!({ "name": "Ann" })).await?;
    /// let lease = store.take("example.greet", 1).await?[0].lease; // for 30 s
    /// for _ in 0..6 {
    ///     clock.advance(Duration::from_secs(10));
    ///     assert!(store.renew(lease).await?);
    /// }
    /// assert!(store.take("example.greet", 1).await?.is_empty(), "a minute later it is in hand");
    /// # Ok(()) }
    /// ```
    pub async fn renew(&self, lease: Lease) -> Result<bool, StoreError> {
        let until = At(self.clock.now().plus(self.settings.lease));
        let store = self.clone();
        let changed = detached(async move {
            on!(store, write, |conn| update(held(lease)).set(table::run_at.eq(until)).execute(conn))
        });
        Ok(changed.await? == 1)
    }

    /// The job is done. `false` when another worker has it, whose attempt counts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finish(&self, lease: Lease) -> Result<bool, StoreError> {
        let (store, now) = (self.clone(), At(self.clock.now()));
        let changed = detached(async move {
            on!(store, write, |conn| update(held(lease))
                .set((
                    table::done_at.eq(now),
                    table::lease_id.eq(None::<Col<Uuid>>),
                    table::last_error.eq(None::<String>),
                ))
                .execute(conn))
        });
        Ok(changed.await? == 1)
    }

    /// The attempt failed: the job waits, longer each time, or is dead.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// use jobs::Failed;
    /// # use std::sync::Arc;
    /// # use database::{Database, Location, PoolSettings};
    /// # use engine_interfaces::SystemClock;
    /// # use jobs::{MIGRATIONS, Settings, Store};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite:{}", folder.path().display());
    /// # let own = Database::open(Location::parse(&url, "jobs")?, &PoolSettings::default())?;
    /// # own.migrate(MIGRATIONS).await?;
    ///
    /// # let (clock, settings) = (Arc::new(SystemClock), Arc::new(Settings { max_attempts: 1, ..Settings::default() }));
    /// # let store = Store::new(own, clock, settings);
    /// # store.enqueue("example.greet", "ann".into(), &serde_json::json!({})).await?;
    /// // The settings say max_attempts: 1
    /// let taken = store.take("example.greet", 1).await?;
    /// assert_eq!(store.fail(&taken[0], "nobody is there".into()).await?, Failed::Dead);
    /// assert!(store.retry(taken[0].job.id).await?, "an operator may have it tried again");
    /// # Ok(()) }
    /// ```
    pub async fn fail(&self, taken: &Taken, error: String) -> Result<Failed, StoreError> {
        let (now, attempt) = (self.clock.now(), taken.job.attempt);
        let dead = attempt >= self.settings.max_attempts;
        let again = now.plus(self.settings.backoff_after(attempt));
        let (store, lease) = (self.clone(), taken.lease);
        let changed = detached(async move {
            on!(store, write, |conn| update(held(lease))
                .set((
                    table::run_at.eq(At(again)),
                    table::dead_at.eq(dead.then_some(At(now))),
                    table::lease_id.eq(None::<Col<Uuid>>),
                    table::last_error.eq(error),
                ))
                .execute(conn))
        });
        Ok(match changed.await? {
            0 => Failed::Lost,
            _ if dead => Failed::Dead,
            _ => Failed::PutOff(again),
        })
    }

    /// Gives back a job that was taken and not begun: it is due, and the attempt does not count.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use test_support::{FixedClock, TestDatabase};
    /// # use jobs::{MIGRATIONS, Settings, Store};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (test, clock) = (TestDatabase::sqlite(MIGRATIONS).await, Arc::new(FixedClock::default()));
    /// # let store = Store::new(test.database(), clock.clone(), Arc::new(Settings::default()));
    /// # store.enqueue("example.greet", "ann".into(), &serde_json::json!({ "name": "Ann" })).await?;
    /// let taken = store.take("example.greet", 1).await?; // and then the process is told to stop
    /// store.release(taken[0].lease).await?;
    /// let again = store.take("example.greet", 1).await?;
    /// assert_eq!(again[0].job.attempt, 1, "the one before was none");
    /// # Ok(()) }
    /// ```
    pub async fn release(&self, lease: Lease) -> Result<(), StoreError> {
        self.put_off(lease, self.clock.now()).await.map(drop)
    }

    /// The job is due again at `until`, and the attempt does not count. `false` when another worker has it.
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
    /// use engine_interfaces::Clock;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (test, clock) = (TestDatabase::sqlite(MIGRATIONS).await, Arc::new(FixedClock::default()));
    /// # let store = Store::new(test.database(), clock.clone(), Arc::new(Settings::default()));
    /// # store.enqueue("example.greet", "ann".into(), &serde_json::json!({ "name": "Ann" })).await?;
    /// let taken = store.take("example.greet", 1).await?;
    /// let until = clock.now().plus(Duration::from_secs(60)); // when the receiver takes more, as it said
    /// assert!(store.put_off(taken[0].lease, until).await?);
    /// assert!(store.take("example.greet", 1).await?.is_empty());
    /// clock.advance(Duration::from_secs(60));
    /// assert_eq!(store.take("example.greet", 1).await?[0].job.attempt, 1, "it never failed");
    /// # Ok(()) }
    /// ```
    pub async fn put_off(&self, lease: Lease, until: Timestamp) -> Result<bool, StoreError> {
        let store = self.clone();
        let changed = detached(async move {
            on!(store, write, |conn| update(held(lease))
                .set((
                    table::run_at.eq(At(until)),
                    table::lease_id.eq(None::<Col<Uuid>>),
                    table::attempts.eq(table::attempts - 1),
                ))
                .execute(conn))
        });
        Ok(changed.await? == 1)
    }
}

fn ids(rows: &[TakenRow]) -> Vec<Col<JobId>> {
    rows.iter().map(|row| row.id).collect()
}
