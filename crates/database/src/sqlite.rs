//! SQLite: one writer, some readers.

use std::{path::Path, time::Duration};

use deadpool::managed::QueueMode;
use diesel::{ConnectionError, SqliteConnection};
use diesel_async::{
    AsyncConnection, SimpleAsyncConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
        deadpool::{Object, Pool},
    },
    sync_connection_wrapper::SyncConnectionWrapper,
};

use crate::{PoolSettings, StoreError, Usage};

/// A connection to SQLite; its statements run on the blocking pool.
///
/// # Example
/// ```
/// use database::Lite;
/// use diesel::QueryResult;
/// use diesel_async::SimpleAsyncConnection;
///
/// /// For a body of `on!`: what was written moves from the log into the file.
/// async fn fold(lite: &mut Lite) -> QueryResult<()> {
///     lite.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").await
/// }
/// ```
pub type Lite = SyncConnectionWrapper<SqliteConnection>;

/// Per connection, since SQLite forgets them with it: durable at every commit, constraints on, and a wait
/// instead of an error where another process writes.
const SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                     PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000; PRAGMA mmap_size = 268435456;";

/// Connections to one SQLite file.
///
/// # Example
/// ```
/// # use database::{Database, Location, PoolSettings};
/// use std::time::Duration;
///
/// use database::Pool;
/// use tokio::time::timeout;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let location = Location::Sqlite { path: folder.path().join("jobs.db") };
/// # let database = Database::open(location, &PoolSettings::default())?;
/// let Pool::Sqlite(pool) = database.pool() else { unreachable!("it is a file") };
/// let writer = pool.write().await?;
/// let reader = pool.read().await?; // which nobody who writes holds up
/// assert!(timeout(Duration::from_millis(10), pool.write()).await.is_err(), "there is one");
/// # Ok(()) }
/// ```
pub struct SqlitePool {
    writer: Pool<Lite>,
    readers: Pool<Lite>,
}

impl SqlitePool {
    pub(crate) fn open(path: &Path, settings: &PoolSettings) -> Result<Self, StoreError> {
        let pool = |size| {
            let mut config = ManagerConfig::default();
            config.recycling_method = RecyclingMethod::Fast;
            config.custom_setup = Box::new(|path| Box::pin(connect(path.to_owned())));
            let url = path.to_string_lossy().into_owned();
            Pool::builder(AsyncDieselConnectionManager::new_with_config(url, config))
                .max_size(size)
                .wait_timeout(Some(settings.wait))
                // The one that was used last has the file's pages at hand.
                .queue_mode(QueueMode::Lifo)
                .runtime(deadpool::Runtime::Tokio1)
                .build()
                .map_err(StoreError::unavailable)
        };
        Ok(Self { writer: pool(1)?, readers: pool(settings.size)? })
    }

    pub(crate) fn usage(&self) -> Usage {
        Usage::of(&self.writer).and(Usage::of(&self.readers))
    }

    /// The one connection that writes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it is not free within the pool's wait.
    pub async fn write(&self) -> Result<Object<Lite>, StoreError> {
        self.writer.get().await.map_err(StoreError::unavailable)
    }

    /// A connection that reads.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when none is free within the pool's wait.
    pub async fn read(&self) -> Result<Object<Lite>, StoreError> {
        self.readers.get().await.map_err(StoreError::unavailable)
    }
}

/// How long the switch to WAL may wait for another process that is starting on the same new file: SQLite
/// does not apply its busy timeout to that switch.
const SETUP_ATTEMPTS: u32 = 50;

async fn connect(path: String) -> Result<Lite, ConnectionError> {
    let mut connection = Lite::establish(&path).await?;
    let mut attempt = 1;
    while let Err(error) = connection.batch_execute(SETUP).await {
        if attempt == SETUP_ATTEMPTS {
            return Err(ConnectionError::CouldntSetupConfiguration(error));
        }
        attempt += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(connection)
}
