//! What moves when a server moves to another database.

use database::jobs::jobs;
use database::portable::Table;

use super::rings::ring_terms;

/// The tables that [`MIGRATIONS`](crate::MIGRATIONS) make, on both databases: all of them.
///
/// # Example
/// ```
/// let tables = jobs::tables();
/// let names: Vec<_> = tables.iter().map(|table| table.name.as_str()).collect();
/// assert_eq!(names, ["ring_terms", "jobs"]);
/// ```
#[must_use]
pub fn tables() -> Vec<Table> {
    database::portable![ring_terms(topic), jobs(id),]
}
