//! What the engines' stores stand on: pools for PostgreSQL and SQLite, SQL types that mean the same on
//! both, the macros [`on!`], which runs one query body on either, and [`explain!`], migrations, and the one shape of a `jobs`
//! table.
//!
//! An engine's store holds a [`Database`] in a field named `database` and knows nothing else of where its
//! rows are.

mod error;
mod explain;
mod facts;
pub mod jobs;
mod migrate;
mod on;
mod pool;
pub mod portable;
mod postgres;
mod snapshots;
mod sql;
mod sqlite;

use std::panic;

#[doc(hidden)]
pub use diesel_async;

pub use error::StoreError;
pub use explain::{Analyzed, Planned, PlannedStep, indented};
pub use facts::Facts;
pub use migrate::{MigrationState, Migrations, MigrationsError};
pub use pool::{Database, Location, LocationError, Pool, PoolSettings, Usage};
pub use postgres::{PostgresConnection, PostgresPool};
pub use snapshots::{SnapshotError, Snapshots};
pub use sql::{At, Col, Id, Instant};
pub use sqlite::{Lite, SqlitePool};

/// Runs `work` as a task of its own, so that a caller who stops waiting never leaves half of it.
///
/// An HTTP server drops a handler when its client hangs up; a transaction that is dropped half-way leaves
/// its connection unusable. Every write goes through here.
///
/// # Example
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (hang_up, late) = tokio::sync::oneshot::channel();
/// let write = database::detached(async move {
///     tokio::task::yield_now().await;
///     hang_up.send("all of it").ok();
/// });
/// drop(tokio::time::timeout(std::time::Duration::ZERO, write).await); // whoever asked waits no longer
/// assert_eq!(late.await?, "all of it");
/// # Ok(()) }
/// ```
pub async fn detached<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match tokio::spawn(work).await {
        Ok(value) => value,
        Err(error) if error.is_panic() => panic::resume_unwind(error.into_panic()),
        // The runtime is shutting down, and takes the caller with it.
        Err(_) => std::future::pending().await,
    }
}
