//! All copies of the table together: what `parlour jobs` shows.

use std::sync::Arc;

use database::{Database, StoreError};
use engine_interfaces::{Clock, JobId, Limit};

use crate::{JobEntry, JobState, Measures, Settings, Store};

/// The name of the copy that holds what no engine's transaction causes.
///
/// # Example
/// ```
/// use database::StoreError;
/// use jobs::{Jobs, OWN_QUEUE};
///
/// /// What waits of all that topics' leaders and the time of day cause.
/// async fn own_depth(jobs: &Jobs) -> Result<u64, StoreError> {
///     let copies = jobs.measure().await?;
///     Ok(copies.iter().filter(|(queue, _)| *queue == OWN_QUEUE).map(|(_, measured)| measured.depth).sum())
/// }
/// ```
pub const OWN_QUEUE: &str = "jobs";

/// All copies of the table together. Cheap to clone.
///
/// # Example
/// ```
/// use std::sync::Arc;
///
/// use database::{Database, Location, PoolSettings};
/// use engine_interfaces::{Limit, SystemClock};
/// use jobs::{JobState, Jobs, MIGRATIONS, Settings};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let url = format!("sqlite:{}", folder.path().display());
/// let own = Database::open(Location::parse(&url, "jobs")?, &PoolSettings::default())?;
/// own.migrate(MIGRATIONS).await?;
///
/// let jobs = Jobs::new(Arc::new(SystemClock), own, Settings::default()); // .queue("chat", …)
/// for (queue, dead) in jobs.list(JobState::Dead, Limit::default()).await? {
///     println!("{queue}: {} after {:?}", dead.kind, dead.last_error);
///     jobs.retry(dead.id).await?;
/// }
/// assert_eq!(jobs.measure().await?.len(), 1, "one copy of the table");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Jobs {
    own: Store,
    queues: Vec<(&'static str, Store)>,
    clock: Arc<dyn Clock>,
    settings: Arc<Settings>,
}

impl Jobs {
    /// Of the copy that holds what no engine's transaction causes; see [`crate::MIGRATIONS`].
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, own: Database, settings: Settings) -> Self {
        let settings = Arc::new(settings);
        let own = Store::new(own, Arc::clone(&clock), Arc::clone(&settings));
        Self { queues: vec![(OWN_QUEUE, own.clone())], own, clock, settings }
    }

    /// And of the copy in the engine `name`'s database.
    ///
    /// # Example
    /// ```
    /// # use jobs::MIGRATIONS;
    /// # use test_support::TestDatabase;
    /// use std::sync::Arc;
    ///
    /// use engine_interfaces::SystemClock;
    /// use jobs::{Jobs, OWN_QUEUE, Settings};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let [own, chat] = [TestDatabase::sqlite(MIGRATIONS).await, TestDatabase::sqlite(MIGRATIONS).await];
    /// # let (own, chat) = (&own, &chat);
    /// let jobs = Jobs::new(Arc::new(SystemClock), own.database(), Settings::default());
    /// let jobs = jobs.queue("chat", chat.database()); // whose migrations make the table too
    /// let copies: Vec<_> = jobs.measure().await?.into_iter().map(|(queue, _)| queue).collect();
    /// assert_eq!(copies, [OWN_QUEUE, "chat"]);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn queue(mut self, name: &'static str, database: Database) -> Self {
        let store = Store::new(database, Arc::clone(&self.clock), Arc::clone(&self.settings));
        self.queues.push((name, store));
        self
    }

    /// The jobs in `state`, each with the name of its copy: of every copy the `limit` earliest.
    ///
    /// # Errors
    /// When a database fails.
    pub async fn list(
        &self,
        state: JobState,
        limit: Limit,
    ) -> Result<Vec<(&'static str, JobEntry)>, StoreError> {
        let mut entries = Vec::new();
        for (name, store) in &self.queues {
            let listed = store.list(state, limit).await?;
            entries.extend(listed.into_iter().map(|entry| (*name, entry)));
        }
        Ok(entries)
    }

    /// Makes a dead job due again. `false` when no copy has such a dead job.
    ///
    /// # Errors
    /// When a database fails.
    pub async fn retry(&self, id: JobId) -> Result<bool, StoreError> {
        for (_, store) in &self.queues {
            if store.retry(id).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How each copy is doing.
    ///
    /// # Errors
    /// When a database fails.
    pub async fn measure(&self) -> Result<Vec<(&'static str, Measures)>, StoreError> {
        let mut measures = Vec::new();
        for (name, store) in &self.queues {
            measures.push((*name, store.measure().await?));
        }
        Ok(measures)
    }

    pub(crate) fn own(&self) -> &Store {
        &self.own
    }

    pub(crate) fn queues(&self) -> &[(&'static str, Store)] {
        &self.queues
    }

    pub(crate) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}
