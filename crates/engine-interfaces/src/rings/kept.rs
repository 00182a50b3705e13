//! What the rings read again when a hint got lost on its way to them.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{ChatError, GroupId, GroupMessage, Seq, Timestamp};

/// Where a page of kept messages ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeptCursor {
    /// When the last of them were stored.
    pub stored_at: Timestamp,
    /// Their group.
    pub group: GroupId,
    /// The first of their positions.
    pub first: Seq,
}

/// A page of kept messages.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The messages, in the order of storing.
    pub messages: Vec<Arc<GroupMessage>>,
    /// Where the next page begins; none: this was the last.
    pub next: Option<KeptCursor>,
}

/// What chat stored lately, with what it knows of its announcing.
#[async_trait]
pub trait KeptMessages: Send + Sync {
    /// The messages that were stored until `until`, and that were not announced before `since`: those
    /// announced later, and those not announced yet. With no `since`, all that are kept.
    async fn kept(
        &self,
        since: Option<Timestamp>,
        until: Timestamp,
        after: Option<KeptCursor>,
    ) -> Result<Kept, ChatError>;

    /// A time by which all that was stored until `at` had been announced, long ago where none of it is kept any
    /// more; none while some of it has not been announced.
    async fn announced(&self, at: Timestamp) -> Result<Option<Timestamp>, ChatError>;
}
