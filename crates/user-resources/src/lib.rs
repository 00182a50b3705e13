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
pub const MIGRATIONS: Migrations = Migrations {
    postgres: embed_migrations!("migrations/postgres"),
    sqlite: embed_migrations!("migrations/sqlite"),
};
