//! What moves when a server moves to another database.

use database::jobs::jobs;
use database::portable::Table;

use super::rings::ring_terms;

/// The tables that [`MIGRATIONS`](crate::MIGRATIONS) make, on both databases: all of them.
#[must_use]
pub fn tables() -> Vec<Table> {
    database::portable![ring_terms(topic), jobs(id),]
}
