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
pub const MIGRATIONS: Migrations = Migrations {
    postgres: embed_migrations!("migrations/postgres"),
    sqlite: embed_migrations!("migrations/sqlite"),
};

/// The engine's store. Cheap to clone.
///
/// Every write runs as a task of its own, so that a caller who stops waiting never leaves half of it.
#[derive(Clone)]
pub struct Store {
    database: Database,
}

impl Store {
    /// A store at `location`.
    ///
    /// # Errors
    /// When the settings make no pool.
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
    pub fn postgres(url: &str) -> Result<Self, StoreError> {
        let location = Location::parse(url, "notifications").map_err(StoreError::unavailable)?;
        Self::open(location, &PoolSettings::default())
    }

    /// A store in a database that is open already.
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
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }
}
