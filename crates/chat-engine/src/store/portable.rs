//! What moves when a server moves to another database.

use database::jobs::jobs;
use database::portable::Table;

use super::schema::{group_heads, groups, invitations, memberships, messages, outbox};

/// The tables that [`MIGRATIONS`](crate::MIGRATIONS) make, on both databases: all of them.
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
