//! What moves when a server moves to another database.

use database::portable::Table;

use super::schema::user_resources;

/// The tables that [`MIGRATIONS`](crate::MIGRATIONS) make, on both databases: all of them.
#[must_use]
pub fn tables() -> Vec<Table> {
    database::portable![user_resources(user_id, resource_type, scope_id, resource_id),]
}
