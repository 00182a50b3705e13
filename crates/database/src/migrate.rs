//! Migrations: forward under a lock, so that any number of processes may start at once.

use diesel::{
    QueryableByName, SqliteConnection, migration::MigrationSource, pg::Pg, sql_query, sql_types::Bool,
    sqlite::Sqlite,
};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use engine_interfaces::BoxError;

use crate::{Database, Location, Pool, postgres};

/// An engine's migrations, for both databases.
pub struct Migrations {
    /// For PostgreSQL.
    pub postgres: EmbeddedMigrations,
    /// For SQLite.
    pub sqlite: EmbeddedMigrations,
}

impl Migrations {
    /// Their versions, for one of the databases, in order.
    ///
    /// # Errors
    /// When what is embedded is no migration.
    pub fn versions(&self, postgres: bool) -> Result<Vec<String>, BoxError> {
        let mut versions: Vec<_> = if postgres {
            let all = MigrationSource::<Pg>::migrations(&self.postgres)?;
            all.iter().map(|one| one.name().version().to_string()).collect()
        } else {
            let all = MigrationSource::<Sqlite>::migrations(&self.sqlite)?;
            all.iter().map(|one| one.name().version().to_string()).collect()
        };
        versions.sort_unstable();
        Ok(versions)
    }
}

/// The migrations did not run.
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
    Pending,
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
    pub async fn unmigrate(&self, migrations: Migrations) -> Result<Vec<String>, MigrationsError> {
        self.step(migrations, Step::Down).await
    }

    /// The versions that have not run yet.
    ///
    /// # Errors
    /// As [`Database::migrate`].
    pub async fn pending_migrations(&self, migrations: Migrations) -> Result<Vec<String>, MigrationsError> {
        self.step(migrations, Step::Pending).await
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
        ran.map_err(|source| MigrationsError { location: self.location().clone(), source })
    }
}

async fn postgres_step(
    config: &tokio_postgres::Config,
    schema: &str,
    migrations: EmbeddedMigrations,
    step: Step,
) -> Result<Vec<String>, BoxError> {
    let mut pg = postgres::connect(config).await?;
    if matches!(step, Step::Pending) && !was_migrated(&mut pg, schema).await? {
        // All of them; who only asks makes no schema.
        let all = MigrationSource::<Pg>::migrations(&migrations)?;
        return Ok(all.iter().map(|one| one.name().version().to_string()).collect());
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

fn run<DB, H>(harness: &mut H, migrations: EmbeddedMigrations, step: Step) -> Result<Vec<String>, BoxError>
where
    DB: diesel::backend::Backend,
    H: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    Ok(match step {
        Step::Up => harness.run_pending_migrations(migrations)?.iter().map(ToString::to_string).collect(),
        Step::Down => harness.revert_all_migrations(migrations)?.iter().map(ToString::to_string).collect(),
        Step::Pending => harness
            .pending_migrations(migrations)?
            .iter()
            .map(|one| one.name().version().to_string())
            .collect(),
    })
}
