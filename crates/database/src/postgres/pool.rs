//! Connections to PostgreSQL that stay with the threads that drive them.
//!
//! A connection's socket is read and written by a task of the runtime that opened it. Whoever uses it from another
//! runtime, and each HTTP thread has its own, pays two switches between threads for every statement. So everybody gets a
//! connection of their own runtime where there is one, and of those the one that was used last, whose server process has
//! everything at hand.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use diesel_async::{AsyncPgConnection, pooled_connection::PoolableConnection};
use tokio::{
    runtime::{Handle, Id},
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};
use tokio_postgres::Config;

use crate::{PoolSettings, StoreError, Usage};

/// Connections to PostgreSQL.
///
/// # Example
/// ```
/// use database::{Pool, PostgresPool, StoreError};
/// use diesel_async::SimpleAsyncConnection;
///
/// /// Beside what `on!` can say: what PostgreSQL alone knows.
/// async fn analyze(pool: &PostgresPool) -> Result<(), StoreError> {
///     Ok(pool.get().await?.batch_execute("ANALYZE").await?)
/// }
/// ```
pub struct PostgresPool {
    config: Box<Config>,
    size: usize,
    wait: Duration,
    /// One for each who has a connection or opens one.
    turns: Semaphore,
    waiting: AtomicUsize,
    kept: Mutex<Kept>,
}

struct Kept {
    /// The one that was used last is the last.
    idle: Vec<Idle>,
    /// Those that are idle, used or being opened.
    open: usize,
}

struct Idle {
    connection: AsyncPgConnection,
    /// The runtime that drives it.
    runtime: Id,
}

impl PostgresPool {
    pub(crate) fn new(config: Config, settings: &PoolSettings) -> Self {
        let size = settings.size.max(1);
        let kept = Kept { idle: Vec::with_capacity(size), open: 0 };
        Self {
            config: Box::new(config),
            size,
            wait: settings.wait,
            turns: Semaphore::new(size),
            waiting: AtomicUsize::new(0),
            kept: Mutex::new(kept),
        }
    }

    pub(crate) fn usage(&self) -> Usage {
        let kept = self.kept();
        Usage {
            limit: self.size,
            open: kept.open,
            idle: kept.idle.len(),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }

    /// A connection, which goes back when it is dropped. Call it on a Tokio runtime.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when none is free, or none can be opened, within the pool's wait.
    pub async fn get(&self) -> Result<PostgresConnection<'_>, StoreError> {
        let turn = self.turn().await?;
        let runtime = Handle::current().id();
        if let Some(idle) = self.kept().take(runtime, self.size) {
            return Ok(PostgresConnection { pool: self, idle: Some(idle), _turn: turn });
        }
        let mut room = PostgresConnection { pool: self, idle: None, _turn: turn };
        match self.open().await {
            Ok(connection) => room.idle = Some(Idle { connection, runtime }),
            // The server has no room for one more: what another runtime has not in use serves as well.
            Err(error) => room.idle = Some(self.kept().swap().ok_or(error)?),
        }
        Ok(room)
    }

    async fn open(&self) -> Result<AsyncPgConnection, StoreError> {
        let opened =
            timeout(self.wait, super::connect(&self.config)).await.map_err(StoreError::unavailable)?;
        opened.map_err(StoreError::unavailable)
    }

    async fn turn(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        if let Ok(turn) = self.turns.try_acquire() {
            return Ok(turn);
        }
        let _waits = Waits::among(&self.waiting);
        let turn = timeout(self.wait, self.turns.acquire()).await.map_err(StoreError::unavailable)?;
        turn.map_err(StoreError::unavailable)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// The runtime's own, else another's where there is no room to open one. None: room is taken for one that the caller
    /// opens.
    fn take(&mut self, runtime: Id, size: usize) -> Option<Idle> {
        loop {
            let own = self.idle.iter().rposition(|idle| idle.runtime == runtime);
            let any = (self.open >= size).then(|| self.idle.len().checked_sub(1)).flatten();
            let Some(at) = own.or(any) else {
                self.open += 1;
                return None;
            };
            if let Some(idle) = self.idle.remove(at).sound() {
                return Some(idle);
            }
            self.open -= 1;
        }
    }

    /// Another runtime's, for the room that was taken.
    fn swap(&mut self) -> Option<Idle> {
        while let Some(idle) = self.idle.pop() {
            self.open -= 1;
            if let Some(idle) = idle.sound() {
                return Some(idle);
            }
        }
        None
    }
}

impl Idle {
    /// Itself, unless it is broken. Seen without asking the server, which would double every short query.
    fn sound(mut self) -> Option<Self> {
        (!self.connection.is_broken()).then_some(self)
    }
}

/// A connection to PostgreSQL, from a [`PostgresPool`].
///
/// # Example
/// ```
/// use database::PostgresConnection;
/// use diesel::QueryResult;
/// use diesel_async::SimpleAsyncConnection;
///
/// async fn analyze(pg: &mut PostgresConnection<'_>) -> QueryResult<()> {
///     pg.batch_execute("ANALYZE").await
/// }
/// ```
pub struct PostgresConnection<'a> {
    pool: &'a PostgresPool,
    /// None until it is open, and while it is dropped.
    idle: Option<Idle>,
    _turn: SemaphorePermit<'a>,
}

impl Deref for PostgresConnection<'_> {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        match &self.idle {
            Some(idle) => &idle.connection,
            None => unreachable!("nobody has one that is not open"),
        }
    }
}

impl DerefMut for PostgresConnection<'_> {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        match &mut self.idle {
            Some(idle) => &mut idle.connection,
            None => unreachable!("nobody has one that is not open"),
        }
    }
}

/// Back to the others, before the turn is somebody else's; a broken one makes room.
impl Drop for PostgresConnection<'_> {
    fn drop(&mut self) {
        let sound = self.idle.take().and_then(Idle::sound);
        let mut kept = self.pool.kept();
        match sound {
            Some(idle) => kept.idle.push(idle),
            None => kept.open -= 1,
        }
    }
}

/// Counts somebody who waits, for as long as they do.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn among(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
