//! What moves when a server moves to another database.

use database::jobs::jobs;
use database::portable::Table;

use super::schema::{
    export_parts, exports, refused_tokens, revoked_tokens, sign_in_failures, sign_ups, users,
};

/// The tables that [`MIGRATIONS`](crate::MIGRATIONS) make, on both databases: all of them.
///
/// # Example
/// ```
/// let tables = auth_engine::tables();
/// let users = tables.iter().find(|table| table.name == "users").unwrap();
/// assert_eq!(users.key, ["id"]); // the order in which rows are carried
/// ```
#[must_use]
pub fn tables() -> Vec<Table> {
    database::portable![
        users(id),
        revoked_tokens(jti),
        refused_tokens(user_id),
        sign_in_failures(network, email_hash),
        sign_ups(network),
        exports(id),
        export_parts(export_id, number),
        jobs(id),
    ]
}
