//! The terms of the rings, and the jobs that leaders cause.

mod postgres;
mod rows;
mod schema;
mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use database::{At, Database, StoreError, detached, on};
use diesel::{QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use engine_interfaces::{
    Clock, JobId, Progress, RingJob, RingJobs, RingJobsError, RingTerm, RingTerms, RingTermsError, Term,
    Topic,
};

pub(super) use schema::ring_terms;

use self::rows::TermRow;

/// The terms of the rings, and the jobs that leaders cause, in the database of this crate's own copy. Cheap to
/// clone.
///
/// # Example
/// ```
/// use std::sync::Arc;
///
/// use database::{Database, Location, PoolSettings};
/// use engine_interfaces::{Clock, RingJob, RingJobs, RingJobsError, RingTerms, SystemClock, Topic};
/// use jobs::{MIGRATIONS, RingStore};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let url = format!("sqlite:{}", folder.path().display());
/// let own = Database::open(Location::parse(&url, "jobs")?, &PoolSettings::default())?;
/// own.migrate(MIGRATIONS).await?;
///
/// let rings = RingStore::new(own, Arc::new(SystemClock));
/// let topic = Topic(5);
/// let first = rings.begin(&[topic], "one").await?[0].term;
/// let second = rings.begin(&[topic], "another").await?[0].term; // which ends the first
/// assert_eq!(second.number, first.number + 1);
/// let job = RingJob {
///     kind: "example.greet",
///     key: "ann".into(),
///     payload: serde_json::json!({ "name": "Ann" }),
///     run_at: SystemClock.now(),
/// };
/// let late = rings.enqueue(first, vec![job.clone()]).await;
/// assert!(matches!(late, Err(RingJobsError::TermEnded)), "a leader of the past has no effect");
/// rings.enqueue(second, vec![job]).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct RingStore {
    database: Database,
    clock: Arc<dyn Clock>,
}

impl RingStore {
    /// Over the database that [`crate::MIGRATIONS`] made.
    #[must_use]
    pub fn new(database: Database, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }

    /// On PostgreSQL each of these is one statement that commits by itself: a leader that is stopped where it
    /// stands holds no lock for which its successor would have to wait.
    async fn begin(&self, topics: Vec<Topic>, leader: String) -> Result<Vec<TermRow>, StoreError> {
        let rows: Vec<_> =
            topics.iter().map(|topic| TermRow::first(*topic, &leader, At(self.clock.now()))).collect();
        on!(self, write, |pg| postgres::begin(pg, &rows), |lite| sqlite::begin(lite, &rows))
    }

    async fn advance(&self, progress: Vec<(Term, Progress)>) -> Result<Vec<Term>, StoreError> {
        on!(self, write, |pg| postgres::advance(pg, &progress), |lite| sqlite::advance(lite, &progress))
    }

    /// Whether the term held, and the jobs were added.
    async fn add(&self, term: Term, jobs: Vec<RingJob>) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let jobs: Vec<_> = jobs.into_iter().map(|job| (JobId(self.clock.new_id()), job)).collect();
        on!(self, write, |pg| postgres::add(pg, term, jobs, now), |lite| sqlite::add(lite, term, jobs, now))
    }
}

fn unavailable(error: StoreError) -> RingTermsError {
    RingTermsError(error.into())
}

#[async_trait]
impl RingTerms for RingStore {
    async fn begin(&self, topics: &[Topic], leader: &str) -> Result<Vec<RingTerm>, RingTermsError> {
        let (store, mut topics, leader) = (self.clone(), topics.to_vec(), leader.to_owned());
        topics.sort_unstable();
        let rows = detached(async move { store.begin(topics, leader).await }).await;
        Ok(rows.map_err(unavailable)?.into_iter().map(RingTerm::from).collect())
    }

    async fn advance(&self, progress: &[(Term, Progress)]) -> Result<Vec<Term>, RingTermsError> {
        let (store, progress) = (self.clone(), progress.to_vec());
        detached(async move { store.advance(progress).await }).await.map_err(unavailable)
    }

    async fn list(&self) -> Result<Vec<RingTerm>, RingTermsError> {
        let query = ring_terms::table.order(ring_terms::topic);
        let rows: Vec<TermRow> =
            on!(self, read, |conn| query.select(TermRow::as_select()).load(conn)).map_err(unavailable)?;
        Ok(rows.into_iter().map(RingTerm::from).collect())
    }
}

#[async_trait]
impl RingJobs for RingStore {
    async fn enqueue(&self, term: Term, mut jobs: Vec<RingJob>) -> Result<(), RingJobsError> {
        if jobs.is_empty() {
            return Ok(());
        }
        // In one order everywhere, so that two leaders never wait for each other.
        jobs.sort_by(|a, b| (a.kind, &a.key).cmp(&(b.kind, &b.key)));
        let store = self.clone();
        match detached(async move { store.add(term, jobs).await }).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(RingJobsError::TermEnded),
            Err(error) => Err(RingJobsError::Unavailable(error.into())),
        }
    }
}
