//! An engine's database.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use diesel::sql_query;
use diesel_async::RunQueryDsl;
use tokio_postgres::config::SslMode;

use crate::{PostgresPool, SqlitePool, StoreError, on, postgres};

/// Where an engine's rows are.
///
/// # Example
/// ```
/// use std::path::Path;
///
/// use database::Location;
///
/// # fn main() -> Result<(), database::LocationError> {
/// let chat = Location::parse("sqlite:./data", "chat")?;
/// assert_eq!(chat.file(), Some(Path::new("./data/chat.db")));
/// assert_eq!(chat.folder(), Some(Path::new("./data")), "which has to be there");
/// assert_eq!(Location::parse("postgres://localhost/all", "chat")?.file(), None);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub enum Location {
    /// A schema of a PostgreSQL database.
    Postgres {
        /// How to connect.
        config: Box<tokio_postgres::Config>,
        /// The schema: the engine's name.
        schema: String,
    },
    /// A SQLite file.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
}

/// Not a database URL.
///
/// # Example
/// ```
/// use database::{Location, LocationError};
///
/// let error = Location::parse("postgres://me:secret@db:port/all", "chat").unwrap_err();
/// assert_eq!(error, LocationError::Malformed);
/// assert!(!error.to_string().contains("secret"), "nothing of the URL is quoted");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// The scheme is none of ours.
    #[error("a database URL begins with postgres:// or with sqlite:")]
    Scheme,
    /// PostgreSQL's URL can't be read.
    #[error("the PostgreSQL URL can't be read; it looks like postgres://user:password@host:5432/database")]
    Malformed,
}

impl Location {
    /// Reads a URL for the engine `engine`: `postgres://…`, of which the engine uses the schema of its
    /// name, or `sqlite:<folder>`, in which it uses the file `<engine>.db`.
    ///
    /// # Errors
    /// When it is neither.
    ///
    /// # Example
    /// ```
    /// use database::{Location, LocationError};
    ///
    /// let file = Location::parse("sqlite:./data", "chat").unwrap();
    /// assert_eq!(file.to_string(), "SQLite file ./data/chat.db");
    /// let schema = Location::parse("postgres://me:secret@db/all?sslmode=verify-full", "chat").unwrap();
    /// assert_eq!(schema.to_string(), "PostgreSQL database all schema chat"); // never the password
    /// assert_eq!(Location::parse("mysql://db", "chat").unwrap_err(), LocationError::Scheme);
    /// ```
    pub fn parse(url: &str, engine: &str) -> Result<Self, LocationError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres { config: Box::new(postgres::parse(url)?), schema: engine.to_owned() });
        }
        let folder = url.strip_prefix("sqlite:").ok_or(LocationError::Scheme)?;
        let folder = folder.strip_prefix("//").unwrap_or(folder);
        Ok(Self::Sqlite { path: PathBuf::from(folder).join(format!("{engine}.db")) })
    }

    /// Where PostgreSQL is on another machine, as far as its URL says: neither a socket nor a loopback address.
    ///
    /// # Example
    /// ```
    /// use database::Location;
    ///
    /// let elsewhere = |url| Location::parse(url, "chat").unwrap().other_machine();
    /// assert_eq!(elsewhere("postgres://localhost/all"), None);
    /// assert_eq!(elsewhere("postgres://db.example.com/all").as_deref(), Some("db.example.com"));
    /// ```
    #[must_use]
    pub fn other_machine(&self) -> Option<String> {
        match self {
            Self::Postgres { config, .. } => postgres::other_machine(config),
            Self::Sqlite { .. } => None,
        }
    }

    /// May a connection be encrypted? Only where the URL asks for it.
    pub(crate) fn may_encrypt(&self) -> bool {
        matches!(self, Self::Postgres { config, .. } if config.get_ssl_mode() != SslMode::Disable)
    }

    /// The file, where it is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Postgres { .. } => None,
            Self::Sqlite { path } => Some(path),
        }
    }

    /// The folder of the file, where it is one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.file().and_then(Path::parent)
    }
}

/// Says where, but never the password.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres { config, schema } => {
                write!(
                    f,
                    "PostgreSQL database {} schema {schema}",
                    config.get_dbname().unwrap_or("(default)")
                )
            }
            Self::Sqlite { path } => write!(f, "SQLite file {}", path.display()),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The limits of an engine's connections.
///
/// # Example
/// ```
/// use database::PoolSettings;
///
/// // Three processes with five engines each, on a PostgreSQL server that takes 100 connections.
/// let few = PoolSettings { size: 6, ..PoolSettings::default() };
/// assert!(3 * 5 * few.size < 100 && 3 * 5 * PoolSettings::default().size > 100);
/// ```
#[derive(Debug, Clone)]
pub struct PoolSettings {
    /// The most connections; on SQLite the most readers. 8 by default.
    pub size: usize,
    /// The longest wait for one. 5 s by default.
    pub wait: Duration,
    /// The longest a statement may run on PostgreSQL. 10 s by default.
    pub statement_timeout: Duration,
    /// The longest a statement may wait for a lock on PostgreSQL. 5 s by default.
    pub lock_timeout: Duration,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            size: 8,
            wait: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            lock_timeout: Duration::from_secs(5),
        }
    }
}

/// Connections to whichever database there is.
///
/// # Example
/// ```
/// # use database::{Database, Location, PoolSettings};
/// use database::Pool;
/// use diesel_async::SimpleAsyncConnection;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let location = Location::Sqlite { path: folder.path().join("jobs.db") };
/// # let database = Database::open(location, &PoolSettings::default())?;
/// // Beside what `on!` can say: what one of them alone knows.
/// if let Pool::Sqlite(pool) = database.pool() {
///     pool.write().await?.batch_execute("PRAGMA optimize").await?;
/// }
/// # Ok(()) }
/// ```
pub enum Pool {
    /// To PostgreSQL.
    Postgres(PostgresPool),
    /// To SQLite.
    Sqlite(SqlitePool),
}

/// How a pool is used at this moment.
///
/// # Example
/// ```
/// use database::Usage;
///
/// /// Is the pool too small, or a statement too slow?
/// fn is_exhausted(usage: &Usage) -> bool {
///     usage.open == usage.limit && usage.idle == 0 && usage.waiting > 0
/// }
/// assert!(!is_exhausted(&Usage { limit: 9, open: 9, idle: 0, waiting: 0 }), "busy, and nobody waits");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// The most connections.
    pub limit: usize,
    /// Connections that there are.
    pub open: usize,
    /// Those of them that nobody uses.
    pub idle: usize,
    /// Those who wait for one.
    pub waiting: usize,
}

impl Usage {
    pub(crate) fn of<M: deadpool::managed::Manager>(pool: &deadpool::managed::Pool<M>) -> Self {
        let status = pool.status();
        Self { limit: status.max_size, open: status.size, idle: status.available, waiting: status.waiting }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            limit: self.limit + other.limit,
            open: self.open + other.open,
            idle: self.idle + other.idle,
            waiting: self.waiting + other.waiting,
        }
    }
}

/// An engine's database. Cheap to clone.
///
/// # Example
/// ```
/// use database::{Database, Location, PoolSettings};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let location = Location::Sqlite { path: folder.path().join("chat.db") };
/// let database = Database::open(location, &PoolSettings { size: 2, ..PoolSettings::default() })?;
/// database.ready().await?;
/// assert_eq!(database.usage().limit, 3, "two that read and one that writes");
/// assert_eq!(database.facts().await?.settings["journal_mode"], "wal");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Database {
    pool: Arc<Pool>,
    location: Location,
}

impl Database {
    /// Prepares connections; the first query makes the first one.
    ///
    /// # Errors
    /// When the settings make no pool.
    pub fn open(location: Location, settings: &PoolSettings) -> Result<Self, StoreError> {
        let (pool, location) = match location {
            Location::Postgres { config, schema } => {
                let config = postgres::in_schema(*config, &schema, settings);
                let pool = Pool::Postgres(PostgresPool::new(config.clone(), settings));
                (pool, Location::Postgres { config: Box::new(config), schema })
            }
            Location::Sqlite { path } => {
                (Pool::Sqlite(SqlitePool::open(&path, settings)?), Location::Sqlite { path })
            }
        };
        Ok(Self { pool: Arc::new(pool), location })
    }

    /// The connections. Use [`on!`].
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Where the rows are.
    ///
    /// # Example
    /// ```
    /// use database::{Database, Location, PoolSettings};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let location = Location::Sqlite { path: folder.path().join("jobs.db") };
    /// # let database = Database::open(location, &PoolSettings::default())?;
    /// let location = database.location().clone(); // such as for a second pool beside it
    /// assert!(location.to_string().ends_with("jobs.db"));
    /// Database::open(location, &PoolSettings { size: 1, ..PoolSettings::default() })?.ready().await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// How the connections are used; on SQLite those that read and the one that writes.
    #[must_use]
    pub fn usage(&self) -> Usage {
        match self.pool() {
            Pool::Postgres(pool) => pool.usage(),
            Pool::Sqlite(pool) => pool.usage(),
        }
    }

    /// What it is, as OpenTelemetry names it.
    ///
    /// # Example
    /// ```
    /// use database::{Database, Location, PoolSettings};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let elsewhere = Location::parse("postgres://me:secret@db/all", "chat")?;
    /// let database = Database::open(elsewhere, &PoolSettings::default())?; // connects to nothing yet
    /// assert_eq!((database.system(), database.usage().open), ("postgresql", 0));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn system(&self) -> &'static str {
        match self.pool() {
            Pool::Postgres(_) => "postgresql",
            Pool::Sqlite(_) => "sqlite",
        }
    }

    /// Does the database answer?
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not.
    pub async fn ready(&self) -> Result<(), StoreError> {
        struct Asked<'a> {
            database: &'a Database,
        }
        let asked = Asked { database: self };
        on!(asked, read, |conn| sql_query("SELECT 1").execute(conn)).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn usage_tells_what_is_taken_and_who_waits() {
        let folder = tempfile::TempDir::new().unwrap();
        let settings = PoolSettings { size: 2, ..PoolSettings::default() };
        let path = folder.path().join("chat.db");
        let database = Database::open(Location::Sqlite { path }, &settings).unwrap();
        assert_eq!(database.usage(), Usage { limit: 3, ..Usage::default() });
        let Pool::Sqlite(pool) = database.pool() else { unreachable!("it is SQLite's") };
        let writing = pool.write().await.unwrap();
        assert_eq!(database.usage(), Usage { limit: 3, open: 1, idle: 0, waiting: 0 });
        let (waits, ()) = tokio::join!(pool.write(), async {
            assert_eq!(database.usage().waiting, 1);
            drop(writing);
        });
        drop(waits.unwrap());
        assert_eq!(database.usage(), Usage { limit: 3, open: 1, idle: 1, waiting: 0 });
    }

    #[test]
    fn a_url_names_a_schema_or_a_file() {
        let location = Location::parse("sqlite:./data", "chat").unwrap();
        assert_eq!(location.to_string(), "SQLite file ./data/chat.db");
        let location =
            Location::parse("postgres://parlour:hidden@localhost/parlour?sslmode=verify-full", "chat");
        let shown = format!("{location:?}");
        assert!(shown.contains("schema chat") && !shown.contains("hidden"), "{shown}");
        for (host, elsewhere) in [
            ("localhost", None),
            ("127.0.0.1", None),
            ("[::1]", None),
            ("%2Frun%2Fpostgresql", None),
            ("db.example.com", Some("db.example.com")),
            ("10.1.2.3", Some("10.1.2.3")),
            ("localhost,db2", Some("db2")),
        ] {
            let location = Location::parse(&format!("postgres://parlour@{host}/parlour"), "chat").unwrap();
            assert_eq!(location.other_machine().as_deref(), elsewhere, "{host}");
        }
        let routed = Location::parse("postgres://localhost/parlour?hostaddr=10.1.2.3", "chat").unwrap();
        assert_eq!(routed.other_machine().as_deref(), Some("10.1.2.3"));
        for (mode, may) in [("", false), ("?sslmode=require", true), ("?sslmode=disable", false)] {
            let location = Location::parse(&format!("postgres://localhost/parlour{mode}"), "chat").unwrap();
            assert_eq!(location.may_encrypt(), may, "{mode}");
        }
        assert_eq!(Location::parse("mysql://x", "chat").unwrap_err(), LocationError::Scheme);
        assert_eq!(Location::parse("postgres://host:port/", "chat").unwrap_err(), LocationError::Malformed);
    }
}
