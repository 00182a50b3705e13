//! Moving read markers, many at a time.

mod postgres;
mod sqlite;

use database::{StoreError, on};
use engine_interfaces::{GroupId, Seq, UserId};

use super::Store;

/// A read marker to be moved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marker {
    pub(crate) group_id: GroupId,
    pub(crate) user_id: UserId,
    pub(crate) seq: Seq,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// The user is not in the group, or there is none.
    NotMember,
    /// The log does not reach that far.
    Beyond,
    /// Where the marker was, and where it is now.
    At {
        /// Before.
        was: Seq,
        /// After.
        now: Seq,
    },
}

impl Moved {
    /// From where the log ends (`None` to whoever is not in the group) and where the marker was and is.
    fn of(asked: Seq, last_seq: Option<i64>, was: Option<i64>, now: Option<i64>) -> Self {
        match (last_seq, was, now) {
            (Some(last), Some(_), Some(_)) if asked.0 > last => Self::Beyond,
            (Some(_), Some(was), Some(now)) => Self::At { was: Seq(was), now: Seq(now) },
            _ => Self::NotMember,
        }
    }
}

impl Store {
    /// Moves `markers` forward, all in one transaction; answers in the same order.
    pub(crate) async fn mark_read(&self, markers: &[Marker]) -> Result<Vec<Moved>, StoreError> {
        on!(self, write, |pg| postgres::mark_read(pg, markers), |lite| {
            let markers = markers.to_vec();
            lite.spawn_blocking(move |lite| sqlite::mark_read(lite, &markers))
        })
    }
}
