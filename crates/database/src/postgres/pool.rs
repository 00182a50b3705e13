//! Connections to PostgreSQL that stay with the threads that drive them.
//!
//! A connection's socket is read and written by a task of the runtime that opened it. Whoever uses it from another
//! runtime, and each HTTP thread has its own, pays two switches between threads for every statement. So everybody gets a
//! connection of their own runtime where there is one, and of those the one that was used last, whose server process has
//! everything at hand.
//!
//! To open one takes many times as long as a short statement: nobody waits for that while another's is idle or comes
//! back before.

use std::{
    ops::{Deref, DerefMut},
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use diesel_async::{AsyncPgConnection, pooled_connection::PoolableConnection};
use tokio::{
    runtime::{Handle, Id},
    sync::{Notify, Semaphore, SemaphorePermit},
    task::JoinHandle,
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
    shared: Arc<Shared>,
    /// One for each who has a connection or looks for one.
    turns: Semaphore,
    waiting: AtomicUsize,
}

/// What those who open one in the background need as well.
struct Shared {
    config: Config,
    size: usize,
    wait: Duration,
    kept: Mutex<Kept>,
    /// One came back, or there is room for one.
    back: Notify,
}

struct Kept {
    /// The one that was used last is the last.
    idle: Vec<Idle>,
    /// Those that are idle or used.
    open: usize,
    opening: usize,
}

struct Idle {
    connection: AsyncPgConnection,
    /// The runtime that drives it.
    runtime: Id,
}

impl PostgresPool {
    pub(crate) fn new(config: Config, settings: &PoolSettings) -> Self {
        let size = settings.size.max(1);
        let kept = Kept { idle: Vec::with_capacity(size), open: 0, opening: 0 };
        let shared =
            Shared { config, size, wait: settings.wait, kept: Mutex::new(kept), back: Notify::new() };
        Self { shared: Arc::new(shared), turns: Semaphore::new(size), waiting: AtomicUsize::new(0) }
    }

    pub(crate) fn usage(&self) -> Usage {
        let kept = self.shared.kept();
        Usage {
            limit: self.shared.size,
            open: kept.open + kept.opening,
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
        let idle = match self.shared.idle() {
            Some(idle) => idle,
            None => timeout(self.shared.wait, self.shared.opened_or_back())
                .await
                .map_err(StoreError::unavailable)??,
        };
        Ok(PostgresConnection { pool: &self.shared, idle: Some(idle), _turn: turn })
    }

    async fn turn(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        if let Ok(turn) = self.turns.try_acquire() {
            return Ok(turn);
        }
        let _waits = Waits::among(&self.waiting);
        let turn = timeout(self.shared.wait, self.turns.acquire()).await.map_err(StoreError::unavailable)?;
        turn.map_err(StoreError::unavailable)
    }
}

impl Shared {
    /// The runtime's own, else another's; then one of its own is opened for the next time, if there is room.
    fn idle(self: &Arc<Self>) -> Option<Idle> {
        let runtime = Handle::current().id();
        let mut kept = self.kept();
        let idle = kept.take(runtime)?;
        // One at a time: what is opened on the side must not take the machine from what is asked.
        let room = if idle.runtime != runtime && kept.opening == 0 { self.room(&mut kept) } else { None };
        drop(kept);
        room.map(Room::open);
        Some(idle)
    }

    /// Whichever is there first: one that is opened, or one that comes back.
    async fn opened_or_back(self: &Arc<Self>) -> Result<Idle, StoreError> {
        let mut opening = None;
        loop {
            let mut back = pin!(self.back.notified());
            back.as_mut().enable();
            if let Some(idle) = self.idle() {
                return Ok(idle);
            }
            if opening.is_none() {
                let room = self.room(&mut self.kept());
                opening = room.map(Room::open);
            }
            let Some(task) = &mut opening else {
                back.await;
                continue;
            };
            tokio::select! {
                () = back => {}
                opened = task => {
                    opening = None;
                    if let Err(error) = opened.map_err(StoreError::unavailable).flatten() {
                        return self.idle().ok_or(error);
                    }
                }
            }
        }
    }

    fn room(self: &Arc<Self>, kept: &mut Kept) -> Option<Room> {
        if kept.open + kept.opening >= self.size {
            return None;
        }
        kept.opening += 1;
        Some(Room { shared: Arc::clone(self), opened: None })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// The runtime's own, else another's.
    fn take(&mut self, runtime: Id) -> Option<Idle> {
        loop {
            let own = self.idle.iter().rposition(|idle| idle.runtime == runtime);
            let idle = self.idle.remove(own.or(self.idle.len().checked_sub(1))?);
            if let Some(idle) = idle.sound() {
                return Some(idle);
            }
            self.open -= 1;
        }
    }
}

/// Room for one that is being opened, given back also when the runtime ends before it is.
struct Room {
    shared: Arc<Shared>,
    opened: Option<Idle>,
}

impl Room {
    /// Opens one on this runtime. It is idle then, and whoever waits for it need not stay. Not while others are locked
    /// out: a runtime that ends drops the task, and the room with it, at once.
    fn open(self) -> JoinHandle<Result<(), StoreError>> {
        tokio::spawn(async move {
            let opened = timeout(self.shared.wait, super::connect(&self.shared.config)).await;
            let connection = opened.map_err(StoreError::unavailable)?.map_err(StoreError::unavailable)?;
            self.fill(Idle { connection, runtime: Handle::current().id() });
            Ok(())
        })
    }

    fn fill(mut self, idle: Idle) {
        self.opened = Some(idle);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut kept = self.shared.kept();
        kept.opening -= 1;
        if let Some(idle) = self.opened.take() {
            kept.open += 1;
            kept.idle.push(idle);
        }
        drop(kept);
        self.shared.back.notify_one();
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
    pool: &'a Shared,
    /// None while it is dropped.
    idle: Option<Idle>,
    _turn: SemaphorePermit<'a>,
}

impl Deref for PostgresConnection<'_> {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        match &self.idle {
            Some(idle) => &idle.connection,
            None => unreachable!("nobody has one that is dropped"),
        }
    }
}

impl DerefMut for PostgresConnection<'_> {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        match &mut self.idle {
            Some(idle) => &mut idle.connection,
            None => unreachable!("nobody has one that is dropped"),
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
        drop(kept);
        self.pool.back.notify_one();
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
