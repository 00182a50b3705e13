//! What moves when a server moves to another database.

use database::jobs::jobs;
use database::portable::Table;

use super::schema::{digests, last_seen, mail_preferences, preferences, webhook_deliveries, webhooks};

/// The tables that [`MIGRATIONS`](crate::MIGRATIONS) make, on both databases: all of them.
///
/// # Example
/// ```
/// let tables = notification_engine::tables();
/// let preferences = tables.iter().find(|table| table.name == "preferences").unwrap();
/// assert_eq!(preferences.key, ["user_id", "group_id"]); // the order in which rows are carried
/// ```
#[must_use]
pub fn tables() -> Vec<Table> {
    database::portable![
        preferences(user_id, group_id),
        last_seen(user_id),
        mail_preferences(user_id),
        digests(user_id),
        webhooks(group_id, id),
        webhook_deliveries(group_id, webhook_id, seq),
        jobs(id),
    ]
}
