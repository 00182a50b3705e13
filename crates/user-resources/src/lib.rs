#![doc = include_str!("../README.md")]

mod engine;
mod store;

use database::Migrations;
use diesel_migrations::embed_migrations;

pub use database::{Location, PoolSettings, StoreError};
pub use engine::UserResourcesEngine;
pub use engine_interfaces::{UserResource, UserResources, UserResourcesError};
pub use store::tables;

/// What makes this engine's table.
///
/// # Example
/// ```
/// use user_resources::{MIGRATIONS, UserResourcesEngine};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let resources = UserResourcesEngine::sqlite(folder.path().join("resources.db"))?;
/// assert!(!resources.database().migration_state(MIGRATIONS).await?.pending.is_empty());
/// resources.migrate().await?;
/// assert!(resources.database().migration_state(MIGRATIONS).await?.pending.is_empty());
/// # Ok(()) }
/// ```
pub const MIGRATIONS: Migrations = Migrations {
    postgres: embed_migrations!("migrations/postgres"),
    sqlite: embed_migrations!("migrations/sqlite"),
};
