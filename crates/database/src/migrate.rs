//! Migrations: forward under a lock, so that any number of processes may start at once.

use std::collections::BTreeSet;

use diesel::{
    QueryableByName, SqliteConnection, backend::Backend, migration::MigrationSource, pg::Pg, sql_query,
    sql_types::Bool, sqlite::Sqlite,
};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use engine_interfaces::BoxError;

use crate::{Database, Location, Pool, postgres};

/// An engine's migrations, for both databases.
///
/// # Example
/// ```
/// use database::{Database, Location, MigrationState, Migrations, PoolSettings};
/// use diesel_migrations::embed_migrations;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// const JOBS: Migrations = Migrations {
///     postgres: embed_migrations!("../../migrations/jobs/postgres"),
///     sqlite: embed_migrations!("../../migrations/jobs/sqlite"),
/// };
///
/// let location = Location::Sqlite { path: folder.path().join("jobs.db") };
/// let database = Database::open(location, &PoolSettings::default())?;
/// let MigrationState { pending, .. } = database.migration_state(JOBS).await?;
/// assert_eq!(database.migrate(JOBS).await?, pending);
/// assert!(database.migrate(JOBS).await?.is_empty(), "any number of processes may, at any time");
/// # Ok(()) }
/// ```
pub struct Migrations {
    /// For PostgreSQL.
    pub postgres: EmbeddedMigrations,
    /// For SQLite.
    pub sqlite: EmbeddedMigrations,
}

/// How the tables compare with the migrations of a version.
///
/// # Example
/// ```
/// use database::MigrationState;
///
/// /// What an operator is told.
/// fn advice(state: &MigrationState) -> &'static str {
///     match (&state.pending[..], &state.newer[..]) {
///         ([], []) => "all is as this version has it",
///         ([], _) => "a newer version was here: go on with that one",
///         _ => "migrate before this version serves",
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// Those that have not run yet.
    pub pending: Vec<String>,
    /// Those that have run, and that the version does not know: a newer one has migrated the database.
    pub newer: Vec<String>,
}

impl Migrations {
    /// Their versions, for one of the databases, in order.
    ///
    /// # Errors
    /// When what is embedded is no migration.
    ///
    /// # Example
    /// ```
    /// use database::Migrations;
    /// use diesel_migrations::embed_migrations;
    ///
    /// # fn main() -> Result<(), engine_interfaces::BoxError> {
    /// const JOBS: Migrations = Migrations {
    ///     postgres: embed_migrations!("../../migrations/jobs/postgres"),
    ///     sqlite: embed_migrations!("../../migrations/jobs/sqlite"),
    /// };
    /// assert_eq!(JOBS.versions(true)?, JOBS.versions(false)?, "a change is made on both");
    /// # Ok(()) }
    /// ```
    pub fn versions(&self, postgres: bool) -> Result<Vec<String>, BoxError> {
        let versions =
            if postgres { versions::<Pg>(&self.postgres) } else { versions::<Sqlite>(&self.sqlite) }?;
        Ok(versions.into_iter().collect())
    }
}

/// The migrations did not run.
///
/// # Example
/// ```
/// # use database::Migrations;
/// # use diesel_migrations::embed_migrations;
/// use database::{Database, Location, PoolSettings};
///
/// # const JOBS: Migrations = Migrations {
/// #     postgres: embed_migrations!("../../migrations/jobs/postgres"),
/// #     sqlite: embed_migrations!("../../migrations/jobs/sqlite"),
/// # };
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("missing").join("jobs.db");
/// let location = Location::Sqlite { path };
/// let failed = format!("the migrations of {location} failed"); // says where, and never a password
/// let database = Database::open(location, &PoolSettings::default())?;
/// assert_eq!(database.migrate(JOBS).await.unwrap_err().to_string(), failed);
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
#[error("the migrations of {location} failed")]
pub struct MigrationsError {
    location: Location,
    #[source]
    source: BoxError,
}

/// The longest that a statement of a migration waits for a lock. While it waits, everybody who comes after it waits
/// for it: it is better that a migration fails, has changed nothing, and is tried again.
const LOCK_TIMEOUT: &str = "2s";

/// What is asked of the harness.
#[derive(Clone, Copy)]
enum Step {
    Up,
    Down,
    Applied,
}

impl Database {
    /// Runs what has not run yet; answers the versions that it ran.
    ///
    /// # Errors
    /// When the database is away or refuses a migration, which then has changed nothing.
    pub async fn migrate(&self, migrations: Migrations) -> Result<Vec<String>, MigrationsError> {
        self.step(migrations, Step::Up).await
    }

    /// Undoes all migrations, newest first; answers their versions.
    ///
    /// # Errors
    /// As [`Database::migrate`].
    ///
    /// # Example
    /// ```
    /// # use database::{Database, Location, PoolSettings};
    /// # use database::Migrations;
    /// # use diesel_migrations::embed_migrations;
    /// # const JOBS: Migrations = Migrations {
    /// #     postgres: embed_migrations!("../../migrations/jobs/postgres"),
    /// #     sqlite: embed_migrations!("../../migrations/jobs/sqlite"),
    /// # };
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let location = Location::Sqlite { path: folder.path().join("jobs.db") };
    /// # let database = Database::open(location, &PoolSettings::default())?;
    /// let made = database.migrate(JOBS).await?;
    /// let undone = database.unmigrate(JOBS).await?; // and whatever was in the tables is gone
    /// assert!(undone.iter().eq(made.iter().rev()));
    /// # Ok(()) }
    /// ```
    pub async fn unmigrate(&self, migrations: Migrations) -> Result<Vec<String>, MigrationsError> {
        self.step(migrations, Step::Down).await
    }

    /// How the tables compare with these migrations.
    ///
    /// # Errors
    /// As [`Database::migrate`].
    pub async fn migration_state(&self, migrations: Migrations) -> Result<MigrationState, MigrationsError> {
        let postgres = matches!(self.location(), Location::Postgres { .. });
        let known = migrations.versions(postgres).map_err(|source| self.failed(source))?;
        let known: BTreeSet<_> = known.into_iter().collect();
        let applied: BTreeSet<_> = self.step(migrations, Step::Applied).await?.into_iter().collect();
        Ok(MigrationState {
            pending: known.difference(&applied).cloned().collect(),
            newer: applied.difference(&known).cloned().collect(),
        })
    }

    async fn step(&self, migrations: Migrations, step: Step) -> Result<Vec<String>, MigrationsError> {
        let ran = match (self.location(), self.pool()) {
            (Location::Postgres { config, schema }, _) => {
                postgres_step(config, schema, migrations.postgres, step).await
            }
            (Location::Sqlite { .. }, Pool::Sqlite(pool)) => match pool.write().await {
                Ok(mut lite) => lite
                    .spawn_blocking(move |c| Ok(sqlite_step(c, migrations.sqlite, step)))
                    .await
                    .unwrap_or_else(|error: diesel::result::Error| Err(error.into())),
                Err(error) => Err(error.into()),
            },
            (Location::Sqlite { .. }, Pool::Postgres(_)) => Err("the pool is not of the location".into()),
        };
        ran.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: BoxError) -> MigrationsError {
        MigrationsError { location: self.location().clone(), source }
    }
}

async fn postgres_step(
    config: &tokio_postgres::Config,
    schema: &str,
    migrations: EmbeddedMigrations,
    step: Step,
) -> Result<Vec<String>, BoxError> {
    let mut pg = postgres::connect(config).await?;
    if matches!(step, Step::Applied) && !was_migrated(&mut pg, schema).await? {
        // Who only asks makes no schema.
        return Ok(Vec::new());
    }
    // Held until the connection closes, whichever way this goes.
    pg.batch_execute("SET statement_timeout = 0; SET lock_timeout = 0;").await?;
    sql_query(format!("SELECT pg_advisory_lock(hashtext('parlour.migrations.{schema}'))"))
        .execute(&mut pg)
        .await?;
    pg.batch_execute(&format!("SET lock_timeout = '{LOCK_TIMEOUT}'; CREATE SCHEMA IF NOT EXISTS {schema}"))
        .await?;
    let run = move || {
        let mut harness: AsyncMigrationHarness<AsyncPgConnection> = AsyncMigrationHarness::new(pg);
        run::<Pg, _>(&mut harness, migrations, step)
    };
    // The harness blocks its thread.
    tokio::task::spawn_blocking(run).await?
}

/// Has any migration ever run in `schema`?
async fn was_migrated(pg: &mut AsyncPgConnection, schema: &str) -> Result<bool, BoxError> {
    #[derive(QueryableByName)]
    struct Was {
        #[diesel(sql_type = Bool)]
        was: bool,
    }
    let asked = format!("SELECT to_regclass('{schema}.__diesel_schema_migrations') IS NOT NULL AS was");
    let was: Was = sql_query(asked).get_result(pg).await?;
    Ok(was.was)
}

fn sqlite_step(
    lite: &mut SqliteConnection,
    migrations: EmbeddedMigrations,
    step: Step,
) -> Result<Vec<String>, BoxError> {
    lite.immediate_transaction(|lite| run::<Sqlite, _>(lite, migrations, step).map_err(Rollback))
        .map_err(|error| error.0)
}

/// Carries any error through Diesel's transaction.
struct Rollback(BoxError);

impl From<diesel::result::Error> for Rollback {
    fn from(error: diesel::result::Error) -> Self {
        Self(error.into())
    }
}

/// The versions of these migrations.
pub(crate) fn versions<DB: Backend>(migrations: &EmbeddedMigrations) -> Result<BTreeSet<String>, BoxError>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    let all = MigrationSource::<DB>::migrations(migrations)?;
    Ok(all.iter().map(|one| one.name().version().to_string()).collect())
}

fn run<DB, H>(harness: &mut H, migrations: EmbeddedMigrations, step: Step) -> Result<Vec<String>, BoxError>
where
    DB: Backend,
    H: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let versions = match step {
        Step::Up => harness.run_pending_migrations(migrations)?,
        Step::Down => harness.revert_all_migrations(migrations)?,
        Step::Applied => harness.applied_migrations()?,
    };
    Ok(versions.iter().map(ToString::to_string).collect())
}
