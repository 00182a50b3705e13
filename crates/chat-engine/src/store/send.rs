//! Storing messages, many at a time: the only way into a group's log.

mod decide;
mod postgres;
mod sqlite;

use database::{StoreError, on};
use engine_interfaces::{GroupId, GroupMessageId, Seq, Timestamp, Traceparent, UserId};

use super::Store;

/// A message to be stored; it has its id already, so that the statement can be repeated.
#[derive(Debug, Clone)]
pub(crate) struct NewMessage {
    pub(crate) group_id: GroupId,
    pub(crate) user_id: UserId,
    pub(crate) id: GroupMessageId,
    pub(crate) message: String,
    /// The trace that its sending is a part of, where that is recorded.
    pub(crate) trace: Option<Traceparent>,
}

/// What came of storing a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The sender is not in the group, or there is none.
    NotMember,
    /// It is stored.
    Stored(Place),
    /// It was there already.
    Replayed(Place),
    /// Its id is another message's.
    Conflict,
}

/// Where a message is in its group's log, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) seq: Seq,
    pub(crate) created_at: Timestamp,
}

#[cfg(test)]
mod tests;

impl Store {
    /// Stores `messages` in the order given, all in one transaction; answers in the same order.
    pub(crate) async fn send(
        &self,
        messages: &[NewMessage],
        now: Timestamp,
    ) -> Result<Vec<Outcome>, StoreError> {
        on!(self, write, |pg| postgres::send(pg, messages, now), |lite| {
            let messages = messages.to_vec();
            lite.spawn_blocking(move |lite| sqlite::send(lite, &messages, now))
        })
    }
}
