//! The apalis backend over the engines' `jobs` tables, and the runner of their workers.
//!
//! The table has one shape ([`database::jobs`]). Each engine that causes asynchronous work has a copy among its
//! own tables, so that a job commits with what causes it; a copy of this crate's own holds what no engine's
//! transaction causes. A [`Runner`] works on all of them, a [`Store`] is one of them, and [`Jobs`] is what an
//! operator asks.
//!
//! Taking a job moves its `run_at` past a lease and gives it a lease id. The lease is renewed while the worker
//! runs; a process that dies renews nothing, so the job is due again by itself. Finishing and failing count
//! only while the lease id is still the one that was given.

mod backend;
mod cron;
mod jobs;
mod keeper;
mod meters;
mod prune_jobs;
mod runner;
mod settings;
mod store;

use database::Migrations;
use diesel_migrations::embed_migrations;

pub use cron::Every;
pub use jobs::{Jobs, OWN_QUEUE};
pub use runner::{Runner, RunnerError};
pub use settings::Settings;
pub use store::{Failed, JobEntry, JobState, Lease, Measures, RingStore, Store, Taken, UnknownState, tables};

/// Of the copy that holds what no engine's transaction causes, and of the rings' terms.
///
/// # Example
/// ```
/// use database::{Database, Location, PoolSettings};
/// use jobs::MIGRATIONS;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let location = Location::Sqlite { path: folder.path().join("jobs.db") };
/// let own = Database::open(location, &PoolSettings::default())?; // engines' own migrations make their copies
/// assert_eq!(own.migrate(MIGRATIONS).await?.len(), 2, "the jobs, and the terms of the rings");
/// # Ok(()) }
/// ```
pub const MIGRATIONS: Migrations = Migrations {
    postgres: embed_migrations!("migrations/postgres"),
    sqlite: embed_migrations!("migrations/sqlite"),
};

/// The most characters of an error that are kept.
const ERROR_CHARS: usize = 1_000;

/// An error with its causes, cut to what is kept. The engines' errors never hold what clients wrote.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let text = causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
    text.chars().take(ERROR_CHARS).collect()
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
