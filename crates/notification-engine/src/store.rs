//! Where all of it is kept. All SQL of this engine is below here.

mod deliveries;
mod digests;
mod last_seen;
mod mail_preferences;
mod personal_data;
mod portable;
mod preferences;
mod schema;
mod webhooks;

use std::path::PathBuf;

pub(crate) use digests::Due;

use database::{Database, Location, Migrations, MigrationsError, PoolSettings, StoreError};
use diesel_migrations::embed_migrations;

pub use portable::tables;

pub(crate) use deliveries::{Attempted, DeliveryKey, Then};
pub(crate) use webhooks::StoredWebhook;

/// The engine's migrations, for both databases.
///
/// # Example
/// ```
/// use notification_engine::{MIGRATIONS, Store};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let store = Store::sqlite(folder.path().join("notifications.db"))?;
/// let before = store.database().migration_state(MIGRATIONS).await?;
/// assert_eq!(store.migrate().await?, before.pending);
/// # Ok(()) }
/// ```
pub const MIGRATIONS: Migrations = Migrations {
    postgres: embed_migrations!("migrations/postgres"),
    sqlite: embed_migrations!("migrations/sqlite"),
};

/// The engine's store. Cheap to clone.
///
/// Every write runs as a task of its own, so that a caller who stops waiting never leaves half of it.
///
/// # Example
/// ```
/// use notification_engine::Store;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let store = Store::sqlite(folder.path().join("notifications.db"))?; // or ::postgres(url)
/// assert!(!store.migrate().await?.is_empty());
/// assert!(store.clone().migrate().await?.is_empty(), "clones are one store, which is as it should be");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Store {
    database: Database,
}

impl Store {
    /// A store at `location`.
    ///
    /// # Errors
    /// When the settings make no pool.
    ///
    /// # Example
    /// ```
    /// use database::{Location, PoolSettings};
    /// use notification_engine::Store;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite:{}", folder.path().display());
    /// let location = Location::parse(&url, "notifications")?; // postgres://… as well
    /// let few = PoolSettings { size: 2, ..PoolSettings::default() };
    /// Store::open(location, &few)?.migrate().await?;
    /// # Ok(()) }
    /// ```
    pub fn open(location: Location, settings: &PoolSettings) -> Result<Self, StoreError> {
        Database::open(location, settings).map(Self::over)
    }

    /// A store in the SQLite file at `path`.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn sqlite(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        Self::open(Location::Sqlite { path: path.into() }, &PoolSettings::default())
    }

    /// A store in the schema `notifications` of the PostgreSQL database at `url`.
    ///
    /// # Errors
    /// When the URL can't be read, and as [`Store::open`].
    ///
    /// # Example
    /// ```
    /// use notification_engine::Store;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = Store::postgres("postgres://me:secret@db/all")?; // the first query connects
    /// assert_eq!(store.database().location().to_string(), "PostgreSQL database all schema notifications");
    /// # Ok(()) }
    /// ```
    pub fn postgres(url: &str) -> Result<Self, StoreError> {
        let location = Location::parse(url, "notifications").map_err(StoreError::unavailable)?;
        Self::open(location, &PoolSettings::default())
    }

    /// A store in a database that is open already.
    ///
    /// # Example
    /// ```
    /// use database::{Database, Location, PoolSettings};
    /// use notification_engine::Store;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let location = Location::Sqlite { path: folder.path().join("notifications.db") };
    /// let database = Database::open(location, &PoolSettings::default())?;
    /// Store::over(database.clone()).migrate().await?; // clones share one pool
    /// assert!(database.usage().open > 0);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn over(database: Database) -> Self {
        Self { database }
    }

    /// Makes or updates the tables; answers the versions that it ran.
    ///
    /// # Errors
    /// When the database is away or refuses.
    pub async fn migrate(&self) -> Result<Vec<String>, MigrationsError> {
        self.database.migrate(MIGRATIONS).await
    }

    /// Where the rows are, for those who run this engine's jobs and migrations.
    ///
    /// # Example
    /// ```
    /// use jobs::{Every, Runner};
    /// use notification_engine::{Digests, SendDigests, Store};
    ///
    /// /// The engine's jobs are in its own tables.
    /// fn with_digests(runner: Runner, store: &Store, digests: &Digests) -> Runner {
    ///     let runner = runner.queue("notifications", store.database().clone(), digests.workers());
    ///     runner.cron(SendDigests::KIND, Every::Minute)
    /// }
    /// ```
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }
}
