//! What several stores held at one instant.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use engine_interfaces::BoxError;
use tokio_postgres::{Client, Config};

use super::{PortableError, Store, at, postgres, sqlite, store::Side};
use crate::{Database, Location, Snapshots};

/// How often the tables of a busy PostgreSQL database are asked for, and the pause between: some seconds.
const ATTEMPTS: u32 = 200;
const PAUSE: Duration = Duration::from_millis(25);

/// What several stores held at one instant, wherever they are.
///
/// Files are copied first, since they are read at leisure, and again by another process if this one dies. PostgreSQL
/// databases are read in one transaction each.
///
/// # Example
/// ```
/// # use database::{Database, Location, PoolSettings};
/// use database::portable::Moment;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let copies = &folder.path().join("copies");
/// # std::fs::create_dir(copies)?;
/// # let open = |name| Database::open(Location::Sqlite { path: folder.path().join(name) }, &PoolSettings::default());
/// # let (auth, chat) = (open("auth.db")?, open("chat.db")?);
/// # auth.ready().await?;
/// # chat.ready().await?;
/// drop(Moment::take(&[&auth, &chat], copies, false).await?); // and then the process dies
/// let again = Moment::take(&[&auth, &chat], copies, true).await?; // the next one reads the same copies
/// assert_eq!(again.stores().len(), 2);
/// assert_eq!(again.mark(), "", "files need none: their copies are what they are");
/// # Ok(()) }
/// ```
pub struct Moment {
    stores: Vec<Store>,
    mark: String,
}

/// A PostgreSQL database of one or several stores.
struct Server<'a> {
    config: &'a Config,
    place: &'a Location,
    schemas: Vec<&'a str>,
    /// Which reads as of the instant, once it is taken.
    reader: Option<Arc<Client>>,
}

impl Moment {
    /// Of stores that others may be writing to; the files' copies go to the folder `copies`. Where `copied` says that
    /// they are there already, those are taken. Blocks the thread while files are copied.
    ///
    /// # Errors
    /// When a store can't be read, or does not let us in.
    pub async fn take(databases: &[&Database], copies: &Path, copied: bool) -> Result<Self, PortableError> {
        let mut servers: Vec<Server<'_>> = Vec::new();
        let mut files: Vec<PathBuf> = Vec::new();
        for database in databases {
            match database.location() {
                Location::Sqlite { path } => files.push(path.clone()),
                place @ Location::Postgres { config, schema } => {
                    match servers.iter_mut().find(|server| is_same(server.config, config)) {
                        Some(server) => server.schemas.push(schema),
                        None => {
                            servers.push(Server { config, place, schemas: vec![schema], reader: None });
                        }
                    }
                }
            }
        }
        // One database has one instant by itself. Several have it while nobody writes to any.
        let alone = servers.len() == 1 && files.is_empty();
        let mut held = Vec::new();
        if !alone {
            for server in &servers {
                held.push(server.hold().await.map_err(at(server.place))?);
            }
        }
        let mut mark = String::new();
        for server in &mut servers {
            mark += &server.begin().await.map_err(at(server.place))?;
        }
        if !copied && !files.is_empty() {
            let snapshots = Snapshots::take(&files).map_err(at(&"the files"))?;
            held.clear();
            snapshots.copy_into(copies).map_err(at(&copies.display()))?;
        }
        drop(held);
        let stores = databases.iter().map(|database| {
            let place = database.location();
            let side = match place {
                Location::Postgres { config, schema } => {
                    let server = servers.iter().find(|server| is_same(server.config, config));
                    let client = server.and_then(|server| server.reader.clone()).ok_or("it was not begun");
                    client.map(|client| Side::Postgres(postgres::Side { client, schema: schema.clone() }))?
                }
                Location::Sqlite { path } => {
                    Side::Sqlite(sqlite::Side::open(&copies.join(path.file_name().unwrap_or_default()))?)
                }
            };
            Ok(Store::of(place.to_string(), side))
        });
        let stores = stores.collect::<Result<_, BoxError>>().map_err(at(&copies.display()))?;
        Ok(Self { stores, mark })
    }

    /// The stores, in the order in which they were given.
    #[must_use]
    pub fn stores(&self) -> &[Store] {
        &self.stores
    }

    /// What PostgreSQL calls the instant: where it is the same twice, nothing was written in between, since whatever
    /// writes is given a number that shows in it. Other databases of the same server count too.
    #[must_use]
    pub fn mark(&self) -> &str {
        &self.mark
    }
}

/// Do both lead to the same database? What else they say is the engines' own.
fn is_same(one: &Config, other: &Config) -> bool {
    (one.get_hosts(), one.get_hostaddrs(), one.get_ports(), one.get_dbname(), one.get_user())
        == (other.get_hosts(), other.get_hostaddrs(), other.get_ports(), other.get_dbname(), other.get_user())
}

impl Server<'_> {
    /// Keeps everybody from writing for as long as the connection lives. Waits for nobody while it holds a table, so
    /// that no writer is ever chosen to end a deadlock.
    async fn hold(&self) -> Result<Client, BoxError> {
        let client = crate::postgres::client(self.config).await?;
        let schemas = super::listed(self.schemas.iter().map(|schema| format!("'{schema}'")));
        let asked = client
            .query_one(
                &format!(
                    "SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables \
                     WHERE schemaname IN ({schemas})"
                ),
                &[],
            )
            .await
            .map_err(postgres::plain)?;
        let tables: Option<String> = asked.try_get(0)?;
        let lock = format!("BEGIN; LOCK TABLE {} IN SHARE MODE NOWAIT", tables.ok_or("there are no tables")?);
        for _ in 0..ATTEMPTS {
            if client.batch_execute(&lock).await.is_ok() {
                return Ok(client);
            }
            client.batch_execute("ROLLBACK").await.map_err(postgres::plain)?;
            tokio::time::sleep(PAUSE).await;
        }
        Err("it is never still: stop the servers for as long as it takes to begin".into())
    }

    /// Begins to read; answers what PostgreSQL calls the instant.
    async fn begin(&mut self) -> Result<String, BoxError> {
        let client = Arc::new(crate::postgres::client(self.config).await?);
        let side = postgres::Side { client: Arc::clone(&client), schema: String::new() };
        side.run(
            "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
             BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        )
        .await?;
        let mark = side
            .ask(
                "SELECT format('%s/%s/%s/%s;', system_identifier, pg_postmaster_start_time(), \
                               (SELECT oid FROM pg_database WHERE datname = current_database()), \
                               pg_current_snapshot()) FROM pg_control_system()",
            )
            .await?;
        self.reader = Some(client);
        Ok(mark.concat())
    }
}
