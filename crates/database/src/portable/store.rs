//! A store whose rows are read, or written.

use std::collections::BTreeSet;

use engine_interfaces::BoxError;

use super::{PROGRESS, PortableError, Row, Table, at, postgres, sqlite};
use crate::{Database, Location};

/// A store over a connection of its own. What SQLite does blocks the thread.
///
/// # Example
/// ```
/// # use database::{Database, Location, PoolSettings};
/// # use database::Migrations;
/// # use diesel_migrations::embed_migrations;
/// use database::{jobs::jobs, portable, portable::Store};
///
/// # const JOBS: Migrations = Migrations {
/// #     postgres: embed_migrations!("../../migrations/jobs/postgres"),
/// #     sqlite: embed_migrations!("../../migrations/jobs/sqlite"),
/// # };
/// # #[tokio::main]
/// # async fn main() -> Result<(), engine_interfaces::BoxError> {
/// # let folder = tempfile::tempdir()?;
/// # let location = Location::Sqlite { path: folder.path().join("jobs.db") };
/// # let database = Database::open(location, &PoolSettings::default())?;
/// # database.migrate(JOBS).await?;
/// let store = Store::open(&database).await?;
/// assert_eq!(store.versions().await?, JOBS.versions(store.is_postgres())?, "the tables are of this version");
/// assert!(store.is_empty(&portable![jobs(id)][0]).await?, "and there is room for what comes");
/// # Ok(()) }
/// ```
pub struct Store {
    place: String,
    side: Side,
}

pub(super) enum Side {
    Postgres(postgres::Side),
    Sqlite(sqlite::Side),
}

impl Store {
    /// To be written, and read as it is then.
    ///
    /// # Errors
    /// When it can't be reached.
    pub async fn open(database: &Database) -> Result<Self, PortableError> {
        let place = database.location();
        let side = match place {
            Location::Postgres { config, schema } => {
                let client = crate::postgres::client(config).await.map_err(at(place))?;
                let side = postgres::Side { client: client.into(), schema: schema.clone() };
                // A chunk or a table takes as long as it takes.
                side.run("SET statement_timeout = 0").await.map_err(at(place))?;
                Side::Postgres(side)
            }
            Location::Sqlite { path } => Side::Sqlite(sqlite::Side::open(path).map_err(at(place))?),
        };
        Ok(Self::of(place.to_string(), side))
    }

    pub(super) fn of(place: String, side: Side) -> Self {
        Self { place, side }
    }

    /// Whether it is on PostgreSQL.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(self.side, Side::Postgres(_))
    }

    /// The versions of the migrations that made its tables.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn versions(&self) -> Result<Vec<String>, PortableError> {
        self.ask(&format!("SELECT version FROM {} ORDER BY version", self.name("__diesel_schema_migrations")))
            .await
    }

    /// How many rows a table has.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn count(&self, table: &Table) -> Result<u64, PortableError> {
        let counted =
            self.ask(&format!("SELECT CAST(count(*) AS text) FROM {}", self.name(&table.name))).await?;
        let count = counted.first().and_then(|count| count.parse().ok());
        count.ok_or("no count").map_err(at(&self.place))
    }

    /// Whether a table has no row.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn is_empty(&self, table: &Table) -> Result<bool, PortableError> {
        Ok(self.ask(&format!("SELECT 'a row' FROM {} LIMIT 1", self.name(&table.name))).await?.is_empty())
    }

    /// Hands each row of `table` to `take`, by the order of its key, but for the first `skip`.
    ///
    /// # Errors
    /// When the table can't be read, or `take` fails.
    pub async fn each(
        &self,
        table: &Table,
        skip: u64,
        take: impl FnMut(Row) -> Result<(), BoxError>,
    ) -> Result<(), PortableError> {
        let read = match &self.side {
            Side::Postgres(side) => side.each(table, skip, take).await,
            Side::Sqlite(side) => side.each(table, skip, take),
        };
        read.map_err(at(&self.place))
    }

    /// What an import that is not over has noted, and of which export it is: none where there is no import.
    ///
    /// # Errors
    /// When it can't be read.
    ///
    /// # Example
    /// ```
    /// # use database::{Database, Location, PoolSettings};
    /// use database::portable::Store;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let location = Location::Sqlite { path: folder.path().join("jobs.db") };
    /// # let database = Database::open(location, &PoolSettings::default())?;
    /// # database.ready().await?;
    /// let store = Store::open(&database).await?;
    /// assert!(store.import().await?.is_none());
    /// store.begin_import("of monday").await?;
    /// store.note("half of it", "of monday").await?; // and then the process dies
    /// let (export, steps) = store.import().await?.ok_or("there is none")?;
    /// assert!(export == "of monday" && steps.contains("half of it"), "where another goes on");
    /// # Ok(()) }
    /// ```
    pub async fn import(&self) -> Result<Option<(String, BTreeSet<String>)>, PortableError> {
        let exists = match &self.side {
            Side::Postgres(side) => {
                format!("SELECT 'yes' WHERE to_regclass('{}.{PROGRESS}') IS NOT NULL", side.schema)
            }
            Side::Sqlite(_) => format!("SELECT 'yes' FROM sqlite_schema WHERE name = '{PROGRESS}'"),
        };
        if self.ask(&exists).await?.is_empty() {
            return Ok(None);
        }
        let progress = self.name(PROGRESS);
        let export = self.ask(&format!("SELECT export FROM {progress} LIMIT 1")).await?;
        let steps = self.ask(&format!("SELECT step FROM {progress}")).await?;
        Ok(Some((export.into_iter().next().unwrap_or_default(), steps.into_iter().collect())))
    }

    /// Begins an import of the export of this name: until it ends, no process serves the store.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn begin_import(&self, export: &str) -> Result<(), PortableError> {
        let note = self.noted("begun", export);
        let table = self.name(PROGRESS);
        self.run(&format!(
            "BEGIN; CREATE TABLE {table} (step text NOT NULL PRIMARY KEY, export text NOT NULL); {note}; COMMIT"
        ))
        .await
    }

    /// Adds rows, and notes the step, both or neither.
    ///
    /// # Errors
    /// When the store does not take them: the connection is not to be used any more.
    pub async fn fill(
        &self,
        table: &Table,
        rows: &[Row],
        step: &str,
        export: &str,
    ) -> Result<(), PortableError> {
        let note = self.noted(step, export);
        let filled = match &self.side {
            Side::Postgres(side) => side.fill(table, rows, &note).await,
            Side::Sqlite(side) => side.fill(table, rows, &note),
        };
        filled.map_err(at(&self.place))
    }

    /// Notes a step.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn note(&self, step: &str, export: &str) -> Result<(), PortableError> {
        self.run(&self.noted(step, export)).await
    }

    /// Ends an import: the store is as if there had been none.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn end_import(&self) -> Result<(), PortableError> {
        self.run(&format!("DROP TABLE {}", self.name(PROGRESS))).await
    }

    /// Lets PostgreSQL's planner know the tables; SQLite's does without.
    ///
    /// # Errors
    /// When the store does not do it.
    ///
    /// # Example
    /// ```
    /// use database::portable::{PortableError, Store, Table};
    ///
    /// /// A planner that knows nothing of so many new rows would read all of them.
    /// async fn finish(store: &Store, tables: &[Table]) -> Result<(), PortableError> {
    ///     store.analyze(tables).await?;
    ///     store.end_import().await
    /// }
    /// ```
    pub async fn analyze(&self, tables: &[Table]) -> Result<(), PortableError> {
        if self.is_postgres() {
            for table in tables {
                self.run(&format!("ANALYZE {}", self.name(&table.name))).await?;
            }
        }
        Ok(())
    }

    fn noted(&self, step: &str, export: &str) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        format!(
            "INSERT INTO {} (step, export) VALUES ({}, {})",
            self.name(PROGRESS),
            quoted(step),
            quoted(export)
        )
    }

    fn name(&self, table: &str) -> String {
        match &self.side {
            Side::Postgres(side) => format!("{}.\"{table}\"", side.schema),
            Side::Sqlite(_) => format!("\"{table}\""),
        }
    }

    async fn run(&self, statements: &str) -> Result<(), PortableError> {
        let ran = match &self.side {
            Side::Postgres(side) => side.run(statements).await,
            Side::Sqlite(side) => side.run(statements),
        };
        ran.map_err(at(&self.place))
    }

    async fn ask(&self, question: &str) -> Result<Vec<String>, PortableError> {
        let asked = match &self.side {
            Side::Postgres(side) => side.ask(question).await,
            Side::Sqlite(side) => side.ask(question),
        };
        asked.map_err(at(&self.place))
    }
}
