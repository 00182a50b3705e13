//! A database for one test.

use database::{Database, Location, Migrations, PoolSettings};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use engine_interfaces::{Clock, SystemClock};
use tempfile::TempDir;

/// A migrated database that no other test sees: a schema of its own on PostgreSQL, a file of its own on
/// SQLite. Dropped with the value.
pub struct TestDatabase {
    database: Database,
    leftover: Leftover,
}

enum Leftover {
    Folder(TempDir),
    Schema { url: String, schema: String },
}

impl TestDatabase {
    /// On SQLite.
    pub async fn sqlite(migrations: Migrations) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let location = Location::Sqlite { path: folder.path().join("test.db") };
        Self::open(location, migrations, Leftover::Folder(folder)).await
    }

    /// On the PostgreSQL server that `DATABASE_URL` names; `make specs` starts one.
    pub async fn postgres(migrations: Migrations) -> Self {
        let url = postgres_url();
        let schema = format!("test_{}", SystemClock.new_id().simple());
        let location = Location::parse(&url, &schema).expect("DATABASE_URL is a PostgreSQL URL");
        Self::open(location, migrations, Leftover::Schema { url, schema }).await
    }

    async fn open(location: Location, migrations: Migrations, leftover: Leftover) -> Self {
        let settings = PoolSettings { size: 4, ..PoolSettings::default() };
        let database = Database::open(location, &settings).expect("a pool");
        database.migrate(migrations).await.expect("the migrations run");
        Self { database, leftover }
    }

    /// For the store under test.
    pub fn database(&self) -> Database {
        self.database.clone()
    }
}

/// The PostgreSQL server for tests.
pub(crate) fn postgres_url() -> String {
    std::env::var("DATABASE_URL")
        .expect("DATABASE_URL names a PostgreSQL server: run the tests by `make specs`")
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        match &self.leftover {
            Leftover::Folder(folder) => {
                let _: &TempDir = folder;
            }
            Leftover::Schema { url, schema } => {
                execute_apart(url.clone(), format!("DROP SCHEMA IF EXISTS {schema} CASCADE"));
            }
        }
    }
}

/// Clears up from a drop, which can't wait on the test's own runtime.
pub(crate) fn execute_apart(url: String, statement: String) {
    let dropping = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut pg = AsyncPgConnection::establish(&url).await?;
            // A test that failed may have left a transaction open: it is to fail, and not to wait for itself.
            pg.batch_execute("SET lock_timeout = '5s'").await?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(pg.batch_execute(&statement).await?)
        })
    });
    if let Ok(Err(error)) = dropping.join() {
        tracing::warn!(error, "what the test made stays");
    }
}
