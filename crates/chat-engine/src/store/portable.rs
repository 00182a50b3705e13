//! What moves when a server moves to another database.

use database::jobs::jobs;
use database::portable::Table;

use super::schema::{group_heads, groups, invitations, memberships, messages, outbox};

/// The tables that [`MIGRATIONS`](crate::MIGRATIONS) make, on both databases: all of them.
///
/// # Example
/// ```
/// let tables = chat_engine::tables();
/// let messages = tables.iter().find(|table| table.name == "messages").unwrap();
/// assert_eq!(messages.key, ["group_id", "seq"]); // the order in which rows are carried
/// ```
#[must_use]
pub fn tables() -> Vec<Table> {
    database::portable![
        groups(id),
        group_heads(group_id),
        memberships(group_id, user_id),
        messages(group_id, seq),
        invitations(group_id, hash),
        outbox(group_id, first_seq),
        jobs(id),
    ]
}
