//! A store's rows in a form that both databases write and read, so that a server can move from one to the other.
//!
//! An engine says which tables it has by [`portable!`](crate::portable!), out of what it tells Diesel anyway; nothing
//! here knows one. A row is a line of JSON, an array in the order of the columns; ids are hyphenated, bytes are
//! base64, times are microseconds since 1970. Rows come in the order of their key, which is the same on both: so equal
//! stores make equal lines, and a hash says whether they are.

mod moment;
mod postgres;
mod sqlite;
mod store;
mod table;
mod value;

pub use moment::Moment;
pub use store::Store;
pub use table::{Column, Columns, Kind, SqlKind, Table};
pub use value::{Row, Value};

use engine_interfaces::BoxError;

/// Where an import notes what it has done, until it is over.
const PROGRESS: &str = "import_progress";

/// A store's rows can't be carried.
#[derive(Debug, thiserror::Error)]
#[error("{place}")]
pub struct PortableError {
    place: String,
    #[source]
    source: BoxError,
}

/// Says of which place an error is.
fn at<E: Into<BoxError>>(place: &impl ToString) -> impl FnOnce(E) -> PortableError {
    let place = place.to_string();
    move |source| PortableError { place, source: source.into() }
}

/// The columns of `table`, as SQL lists them.
fn listed(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
