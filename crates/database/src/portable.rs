//! A store's rows in a form that both databases write and read, so that a server can move from one to the other.
//!
//! An engine says which tables it has by [`portable!`](crate::portable!), out of what it tells Diesel anyway; nothing
//! here knows one. A row is a line of JSON, an array in the order of the columns; ids are hyphenated, bytes are
//! base64, times are microseconds since 1970. Rows come in the order of their key, which is the same on both: so equal
//! stores make equal lines, and a hash says whether they are.
//!
//! # Example
//! ```
//! # use database::{Database, Location, Migrations, PoolSettings};
//! # use diesel_migrations::embed_migrations;
//! use database::{jobs::jobs, portable, portable::{Moment, Store}};
//!
//! # const JOBS: Migrations = Migrations {
//! #     postgres: embed_migrations!("../../migrations/jobs/postgres"),
//! #     sqlite: embed_migrations!("../../migrations/jobs/sqlite"),
//! # };
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let copies = &folder.path().join("copies");
//! # std::fs::create_dir(copies)?;
//! # let open = |name| Database::open(Location::Sqlite { path: folder.path().join(name) }, &PoolSettings::default());
//! # let (old, new) = (open("old.db")?, open("new.db")?);
//! # old.migrate(JOBS).await?;
//! # new.migrate(JOBS).await?;
//! # if let database::Pool::Sqlite(pool) = old.pool() {
//! #     use diesel_async::SimpleAsyncConnection;
//! #     let row = "(randomblob(16), 'example.greet', 'ann', '{}', 0, NULL, 0, NULL, NULL, NULL, 0)";
//! #     pool.write().await?.batch_execute(&format!("INSERT INTO jobs VALUES {row}")).await?;
//! # }
//! let moment = Moment::take(&[&old], copies, false).await?; // whoever writes goes on
//! let [source] = moment.stores() else { unreachable!("there is one") };
//! let target = Store::open(&new).await?; // PostgreSQL or SQLite, whatever the other is
//! target.begin_import("of monday").await?;
//! for table in portable![jobs(id)] {
//!     let mut rows = Vec::new(); // where there are many, a chunk of them
//!     source.each(&table, 0, |row| { rows.push(row); Ok(()) }).await?;
//!     target.fill(&table, &rows, &table.name, "of monday").await?;
//!     assert_eq!(target.count(&table).await?, source.count(&table).await?);
//! }
//! target.end_import().await?;
//! # Ok(()) }
//! ```

mod moment;
mod postgres;
mod sqlite;
mod store;
mod table;
mod value;

pub use moment::Moment;
pub use store::Store;
pub use table::{Column, Columns, Kind, SqlKind, Table};
pub use value::{Row, Value};

use engine_interfaces::BoxError;

/// Where an import notes what it has done, until it is over.
const PROGRESS: &str = "import_progress";

/// A store's rows can't be carried.
///
/// # Example
/// ```
/// use database::{Database, Location, PoolSettings, portable::Store};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let location = Location::Sqlite { path: folder.path().join("missing.db") };
/// let place = location.to_string();
/// let database = Database::open(location, &PoolSettings::default())?;
/// let Err(error) = Store::open(&database).await else { unreachable!("no file is made") };
/// assert_eq!(error.to_string(), place); // why is its source, without any value of a row
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{place}")]
pub struct PortableError {
    place: String,
    #[source]
    source: BoxError,
}

/// Says of which place an error is.
fn at<E: Into<BoxError>>(place: &impl ToString) -> impl FnOnce(E) -> PortableError {
    let place = place.to_string();
    move |source| PortableError { place, source: source.into() }
}

/// The columns of `table`, as SQL lists them.
fn listed(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
