//! What the rings read again when a hint got lost on its way to them.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{ChatError, GroupId, GroupMessage, Seq, Timestamp};

/// Where a page of kept messages ends.
///
/// # Example
/// ```
/// use std::time::Duration;
///
/// use engine_interfaces::{Clock, GroupId, KeptCursor, Seq, SystemClock, Timestamp};
///
/// let [group, other] = [SystemClock.new_id(), SystemClock.new_id()].map(GroupId);
/// let early = KeptCursor { stored_at: Timestamp::EPOCH, group, first: Seq(9) };
/// let stored_at = early.stored_at.plus(Duration::from_secs(1));
/// assert!(early < KeptCursor { stored_at, group: other, first: Seq(1) }, "in the order of storing");
/// ```
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
///
/// # Example
/// ```
/// use std::sync::Arc;
///
/// use engine_interfaces::{GroupMessage, Kept, Topic};
///
/// /// What of a page is a topic's. An erased message has no author, and is nobody's.
/// fn of_topic(page: &Kept, topic: Topic) -> impl Iterator<Item = &Arc<GroupMessage>> {
///     page.messages.iter().filter(move |message| message.user_id.map(Topic::of_user) == Some(topic))
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Kept {
    /// The messages, in the order of storing.
    pub messages: Vec<Arc<GroupMessage>>,
    /// Where the next page begins; none: this was the last.
    pub next: Option<KeptCursor>,
}

/// What chat stored lately, with what it knows of its announcing.
///
/// # Example
/// ```
/// use engine_interfaces::{ChatError, KeptMessages, Timestamp};
///
/// /// How many messages are read again by who heard no hint since `since`.
/// async fn missed(chat: &dyn KeptMessages, since: Timestamp, now: Timestamp) -> Result<usize, ChatError> {
///     let (mut count, mut after) = (0, None);
///     loop {
///         let page = chat.kept(Some(since), now, after).await?;
///         count += page.messages.len();
///         after = page.next;
///         if after.is_none() {
///             return Ok(count);
///         }
///     }
/// }
/// ```
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
