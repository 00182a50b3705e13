//! Each engine's store.

use std::sync::Arc;

use database::{
    Database, Location, MigrationState, Migrations, PoolSettings,
    portable::{Store, Table},
};
use engine_interfaces::{BoxError, Clock, SystemClock};
use jobs::{Jobs, RingStore};

use crate::{
    folders,
    settings::{Locations, ProcessSettings, StoreSettings},
};

/// Each engine's store.
#[derive(Clone)]
pub struct Stores {
    pub(crate) auth: Database,
    pub(crate) chat: Database,
    pub(crate) user_resources: Database,
    pub(crate) notifications: Database,
    pub(crate) jobs: Database,
}

impl Stores {
    /// Of a process that may have them for itself: SQLite files where the settings say nothing else.
    ///
    /// # Errors
    /// Names the setting and the cure.
    pub fn embedded(settings: &StoreSettings) -> Result<Self, BoxError> {
        Self::open(settings.embedded()?, &settings.pool())
    }

    /// Of processes that have them in common: on PostgreSQL. Connects to nothing yet.
    ///
    /// # Errors
    /// Names the setting and the cure.
    pub fn shared(settings: &StoreSettings) -> Result<Self, BoxError> {
        Self::open(settings.shared()?, &settings.pool())
    }

    /// Connects to nothing yet, and makes nothing: for who only looks.
    pub(crate) fn found(settings: &StoreSettings) -> Result<Self, BoxError> {
        Self::over(settings.embedded()?, &settings.pool())
    }

    fn open(locations: Locations, pool: &PoolSettings) -> Result<Self, BoxError> {
        for (setting, location) in locations.each() {
            if let Some(folder) = location.folder() {
                let made = folders::make_private(folder);
                made.map_err(|error| {
                    format!("{setting}: {}: {error}; name a folder that can be written", folder.display())
                })?;
            }
        }
        Self::over(locations, pool)
    }

    fn over(locations: Locations, pool: &PoolSettings) -> Result<Self, BoxError> {
        let open = |(_, location): (&str, Location)| Database::open(location, pool);
        Ok(Self {
            auth: open(locations.auth)?,
            chat: open(locations.chat)?,
            user_resources: open(locations.user_resources)?,
            notifications: open(locations.notifications)?,
            jobs: open(locations.jobs)?,
        })
    }

    /// Brings the stores to this version's tables; answers the versions that ran, by engine.
    ///
    /// # Errors
    /// When a database is away or refuses a migration.
    pub async fn migrate(&self) -> Result<Vec<(&'static str, Vec<String>)>, BoxError> {
        let mut ran = Vec::new();
        for (engine, database, migrations) in self.each() {
            ran.push((engine, database.migrate(migrations).await?));
            check_whole(database).await?;
        }
        self.check_migrated().await?;
        Ok(ran)
    }

    /// Every engine's, with its migrations.
    pub(crate) fn each(&self) -> [(&'static str, &Database, Migrations); 5] {
        [
            ("auth", &self.auth, auth_engine::MIGRATIONS),
            ("chat", &self.chat, chat_engine::MIGRATIONS),
            ("user_resources", &self.user_resources, user_resources::MIGRATIONS),
            ("notifications", &self.notifications, notification_engine::MIGRATIONS),
            ("jobs", &self.jobs, jobs::MIGRATIONS),
        ]
    }

    /// Have the stores this version's tables? While an upgrade goes on they may have a newer one's.
    ///
    /// # Errors
    /// Names the first that has not, and the cure; or says that a database is away.
    pub async fn check_migrated(&self) -> Result<(), BoxError> {
        for (_, database, migrations) in self.each() {
            let MigrationState { pending, newer } = database.migration_state(migrations).await?;
            if !pending.is_empty() {
                return Err(format!(
                    "{} lacks the migrations {}; run `parlour migrate` with the same settings first",
                    database.location(),
                    pending.join(", ")
                )
                .into());
            }
            if !newer.is_empty() {
                tracing::warn!(
                    store = %database.location(),
                    migrations = newer.join(", "),
                    "a newer version has migrated the store; this one works on it, and is to be upgraded too"
                );
            }
            check_whole(database).await?;
        }
        Ok(())
    }

    /// Every engine's, as they move.
    pub(crate) fn parts(&self) -> Vec<Part<'_>> {
        let tables = [
            auth_engine::tables(),
            chat_engine::tables(),
            user_resources::tables(),
            notification_engine::tables(),
            jobs::tables(),
        ];
        let parts = self.each().into_iter().zip(tables);
        parts
            .map(|((engine, database, migrations), tables)| Part { engine, database, migrations, tables })
            .collect()
    }

    /// The terms of the rings, and the jobs that their leaders cause.
    #[must_use]
    pub fn rings(&self, clock: Arc<dyn Clock>) -> RingStore {
        RingStore::new(self.jobs.clone(), clock)
    }

    /// Everybody's jobs, for the operator.
    #[must_use]
    pub fn jobs(&self, process: &ProcessSettings) -> Jobs {
        Jobs::new(Arc::new(SystemClock), self.jobs.clone(), process.jobs())
            .queue("auth", self.auth.clone())
            .queue("chat", self.chat.clone())
            .queue("notifications", self.notifications.clone())
    }
}

/// An engine's store, as it moves.
pub(crate) struct Part<'a> {
    pub(crate) engine: &'static str,
    pub(crate) database: &'a Database,
    pub(crate) migrations: Migrations,
    pub(crate) tables: Vec<Table>,
}

/// Half of a server is none: nobody serves a store into which an import is not over.
async fn check_whole(database: &Database) -> Result<(), BoxError> {
    if Store::open(database).await?.import().await?.is_none() {
        return Ok(());
    }
    let place = database.location();
    Err(format!(
        "an import into {place} is not over: run `parlour import` again, with the same settings and folder"
    )
    .into())
}
