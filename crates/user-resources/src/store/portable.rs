//! What moves when a server moves to another database.

use database::portable::Table;

use super::schema::user_resources;

/// The tables that [`MIGRATIONS`](crate::MIGRATIONS) make, on both databases: all of them.
///
/// # Example
/// ```
/// let tables = user_resources::tables();
/// assert_eq!(tables.len(), 1);
/// assert_eq!(tables[0].key[0], "user_id"); // rows are carried user by user
/// ```
#[must_use]
pub fn tables() -> Vec<Table> {
    database::portable![user_resources(user_id, resource_type, scope_id, resource_id),]
}
