//! Where users, revocations and attempts are kept. All SQL of this engine is below here.

mod account_changes;
mod accounts;
mod archives;
mod attempts;
mod exports;
mod passwords;
mod portable;
mod revocations;
mod rows;
mod schema;
mod users;

use std::path::PathBuf;

use database::{Database, Location, Migrations, MigrationsError, PoolSettings, StoreError};
use diesel_migrations::embed_migrations;
use engine_interfaces::Secret;

pub use account_changes::{AccountChange, AccountEnd};
pub use accounts::Account;
pub use archives::{PendingExport, Progress};
pub use attempts::Failures;
pub use exports::{NewExport, Requested};
pub use passwords::PasswordHash;
pub use portable::tables;
pub use revocations::{Refusal, Revoked};

/// The engine's migrations, for both databases.
///
/// # Example
/// ```
/// use auth_engine::{MIGRATIONS, Store};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let store = Store::sqlite(folder.path().join("auth.db"))?;
/// let before = store.database().migration_state(MIGRATIONS).await?;
/// assert_eq!(store.migrate().await?, before.pending);
/// assert!(before.newer.is_empty(), "no later version was here");
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
/// use auth_engine::Store;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let postgres = Store::postgres("postgres://parlour@localhost/parlour")?; // connects with its first query
/// let embedded = Store::sqlite(folder.path().join("auth.db"))?;
/// assert!(!embedded.migrate().await?.is_empty());
/// assert!(embedded.migrate().await?.is_empty(), "any number of processes may, at any time");
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
    /// use auth_engine::Store;
    /// use database::{Location, PoolSettings};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite:{}", folder.path().display());
    /// let location = Location::parse(&url, "auth")?; // postgres://… as well
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

    /// A store in the schema `auth` of the PostgreSQL database at `url`.
    ///
    /// # Errors
    /// When the URL can't be read, and as [`Store::open`].
    pub fn postgres(url: &str) -> Result<Self, StoreError> {
        let location = Location::parse(url, "auth").map_err(StoreError::unavailable)?;
        Self::open(location, &PoolSettings::default())
    }

    /// A store in a database that is open already.
    ///
    /// # Example
    /// ```
    /// use auth_engine::Store;
    /// use database::{Database, Location, PoolSettings};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let location = Location::Sqlite { path: folder.path().join("auth.db") };
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
    /// use auth_engine::{AuthEngine, Store};
    /// use jobs::Runner;
    ///
    /// /// The engine's jobs are in its own tables.
    /// fn with_auth(runner: Runner, store: &Store, auth: &AuthEngine) -> Runner {
    ///     runner.queue("auth", store.database().clone(), auth.workers(Vec::new()))
    /// }
    /// ```
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }
}

/// What makes an address unique. Made here, since SQLite's lower case knows ASCII only.
pub(crate) fn email_key(email: &Secret) -> String {
    email.expose().to_lowercase()
}
