//! What the other engines ask.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use database::{Database, Location, LocationError, MigrationsError, PoolSettings, StoreError, detached};
use engine_interfaces::{Clock, SystemClock, UserId, UserResource, UserResources, UserResourcesError};
use uuid::Uuid;

use crate::{MIGRATIONS, store::Store};

/// The name of this engine's schema or file.
const NAME: &str = "user_resources";

/// The mapping between users and resources, in a database of its own.
///
/// # Example
/// ```
/// use engine_interfaces::{Clock, GROUP, GroupId, SystemClock, UserId, UserResource, UserResources};
/// use user_resources::UserResourcesEngine;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let resources = UserResourcesEngine::sqlite(folder.path().join("resources.db"))?; // or ::postgres(url)
/// resources.migrate().await?;
///
/// let (alice, group) = (UserId::from_name("alice"), GroupId(SystemClock.new_id()));
/// resources.link(&[UserResource::group(alice, group)]).await?;
/// assert_eq!(resources.scopes(&[alice], GROUP).await?, [(alice, group.0)]);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct UserResourcesEngine {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl UserResourcesEngine {
    /// Over the database at `location`. The first question makes the first connection.
    ///
    /// # Errors
    /// When the settings make no pool.
    ///
    /// # Example
    /// ```
    /// use database::{Location, PoolSettings};
    /// use user_resources::UserResourcesEngine;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite:{}", folder.path().display());
    /// let location = Location::parse(&url, "user_resources")?; // postgres://… as well
    /// let few = PoolSettings { size: 2, ..PoolSettings::default() };
    /// UserResourcesEngine::open(location, &few)?.migrate().await?;
    /// # Ok(()) }
    /// ```
    pub fn open(location: Location, pool: &PoolSettings) -> Result<Self, StoreError> {
        Ok(Self::over(Database::open(location, pool)?))
    }

    /// Over the SQLite file at `path`, which is made if it is missing.
    ///
    /// # Errors
    /// As [`UserResourcesEngine::open`].
    pub fn sqlite(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        Self::open(Location::Sqlite { path: path.into() }, &PoolSettings::default())
    }

    /// Over the schema `user_resources` of the PostgreSQL database at `url`.
    ///
    /// # Errors
    /// As [`UserResourcesEngine::open`], or when the URL can't be read.
    pub fn postgres(url: &str) -> Result<Self, StoreError> {
        let location =
            Location::parse(url, NAME).map_err(|error: LocationError| StoreError::unavailable(error))?;
        Self::open(location, &PoolSettings::default())
    }

    /// Over a database that is open already.
    ///
    /// # Example
    /// ```
    /// use database::{Database, Location, PoolSettings};
    /// use user_resources::UserResourcesEngine;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let location = Location::Sqlite { path: folder.path().join("resources.db") };
    /// let database = Database::open(location, &PoolSettings::default())?;
    /// UserResourcesEngine::over(database.clone()).migrate().await?; // clones share one pool
    /// assert!(database.usage().open > 0);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn over(database: Database) -> Self {
        Self { store: Store { database }, clock: Arc::new(SystemClock) }
    }

    /// Reads the time from `clock`.
    ///
    /// # Example
    /// ```
    /// use std::sync::Arc;
    ///
    /// use test_support::FixedClock;
    /// use user_resources::UserResourcesEngine;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let clock = Arc::new(FixedClock::default()); // of a test
    /// let path = folder.path().join("resources.db");
    /// let resources = UserResourcesEngine::sqlite(path)?.with_clock(clock);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Makes or changes the table, as this version needs it.
    ///
    /// # Errors
    /// When the database is away or refuses.
    pub async fn migrate(&self) -> Result<(), MigrationsError> {
        self.store.database.migrate(MIGRATIONS).await.map(drop)
    }

    /// Where the rows are.
    ///
    /// # Example
    /// ```
    /// use user_resources::UserResourcesEngine;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let resources = UserResourcesEngine::sqlite(folder.path().join("resources.db"))?;
    /// let file = resources.database().location().file(); // what a backup copies; none on PostgreSQL
    /// assert!(file.is_some_and(|file| file.ends_with("resources.db")));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.store.database
    }

    /// Does the database answer?
    ///
    /// # Errors
    /// When it does not.
    ///
    /// # Example
    /// ```
    /// use user_resources::UserResourcesEngine;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("missing").join("resources.db");
    /// let away = UserResourcesEngine::sqlite(path)?; // opens nothing yet
    /// assert!(away.ready().await.is_err());
    /// # Ok(()) }
    /// ```
    pub async fn ready(&self) -> Result<(), UserResourcesError> {
        self.store.database.ready().await.map_err(unavailable)
    }
}

fn unavailable(error: StoreError) -> UserResourcesError {
    UserResourcesError(error.into())
}

#[async_trait]
impl UserResources for UserResourcesEngine {
    async fn link(&self, links: &[UserResource]) -> Result<(), UserResourcesError> {
        if links.is_empty() {
            return Ok(());
        }
        let (store, links, now) = (self.store.clone(), links.to_vec(), self.clock.now());
        detached(async move { store.insert(links, now).await }).await.map_err(unavailable)
    }

    async fn unlink(&self, links: &[UserResource]) -> Result<(), UserResourcesError> {
        if links.is_empty() {
            return Ok(());
        }
        let (store, links) = (self.store.clone(), links.to_vec());
        detached(async move { store.delete(links).await }).await.map_err(unavailable)
    }

    async fn scopes(
        &self,
        users: &[UserId],
        resource_type: &'static str,
    ) -> Result<Vec<(UserId, Uuid)>, UserResourcesError> {
        self.store.scopes(users, resource_type).await.map_err(unavailable)
    }

    async fn resources(
        &self,
        user: UserId,
        resource_type: &'static str,
        after: Option<(Uuid, Uuid)>,
        limit: usize,
    ) -> Result<Vec<UserResource>, UserResourcesError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.store.resources(user, resource_type, after, limit).await.map_err(unavailable)
    }
}
