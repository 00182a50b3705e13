//! What the engines' stores stand on: pools for PostgreSQL and SQLite, SQL types that mean the same on
//! both, the macro [`on!`] that runs one query body on either, migrations, and the one shape of a `jobs`
//! table.
//!
//! An engine's store holds a [`Database`] in a field named `database` and knows nothing else of where its
//! rows are.

mod error;
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
pub use facts::Facts;
pub use migrate::{Migrations, MigrationsError};
pub use pool::{Database, Location, LocationError, Pool, PoolSettings, Usage};
pub use snapshots::{SnapshotError, Snapshots};
pub use sql::{At, Col, Id, Instant};
pub use sqlite::{Lite, SqlitePool};

/// Runs `work` as a task of its own, so that a caller who stops waiting never leaves half of it.
///
/// An HTTP server drops a handler when its client hangs up; a transaction that is dropped half-way leaves
/// its connection unusable. Every write goes through here.
pub async fn detached<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match tokio::spawn(work).await {
        Ok(value) => value,
        Err(error) if error.is_panic() => panic::resume_unwind(error.into_panic()),
        // The runtime is shutting down, and takes the caller with it.
        Err(_) => std::future::pending().await,
    }
}
