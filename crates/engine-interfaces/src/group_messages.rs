//! Messages: as they are asked for, stored and told.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{GroupId, GroupMessageId, GroupVersion, Seq, Timestamp, Traceparent, UserId};

/// A message. Serializes as the contract has it: what HTTP answers, hints and sockets carry.
///
/// # Example
/// ```
/// use engine_interfaces::{GroupMessage, Seq};
///
/// let (id, at) = ("0197a3c0-0000-7000-8000-000000000001", "2026-01-01T12:00:00.000000Z");
/// let erased: GroupMessage = serde_json::from_value(serde_json::json!({
///     "id": id, "group_id": id, "user_id": null, "seq": 7, "message": null, "erased": true,
///     "created_at": at, "updated_at": at,
/// })).unwrap();
/// assert_eq!((erased.seq, erased.message), (Seq(7), None), "its place stays taken");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupMessage {
    /// Its id, unique within the group.
    pub id: GroupMessageId,
    /// The group.
    pub group_id: GroupId,
    /// Who wrote it; none once erased.
    pub user_id: Option<UserId>,
    /// Its position.
    pub seq: Seq,
    /// The text; none once erased.
    pub message: Option<String>,
    /// Lost its text and author; its position and id stay taken.
    pub erased: bool,
    /// When it was stored; never goes back along `seq`.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The trace that it is on its way in, where that is recorded; no part of what clients see.
    #[serde(skip)]
    pub trace: Option<Traceparent>,
}

/// A message to be sent.
///
/// # Example
/// ```
/// use engine_interfaces::{Clock, Draft, GroupId, SystemClock, UserId};
///
/// let (alice, group) = (UserId::from_name("alice"), GroupId(SystemClock.new_id()));
/// let draft = Draft::new(alice, group, "Cheers!");
/// assert_eq!(draft.id, None, "to send it again is to send another");
/// ```
#[derive(Debug, Clone)]
pub struct Draft {
    /// Who sends.
    pub user_id: UserId,
    /// Where to.
    pub group_id: GroupId,
    /// Chosen by the client, so that a retry makes no second message.
    pub id: Option<GroupMessageId>,
    /// 1 to 10,000 characters, not blank.
    pub message: String,
}

impl Draft {
    /// A draft whose id the engine chooses.
    #[must_use]
    pub fn new(user_id: UserId, group_id: GroupId, message: impl Into<String>) -> Self {
        Self { user_id, group_id, id: None, message: message.into() }
    }

    /// With an id of the client's.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::{Clock, Draft, GroupId, GroupMessageId, SystemClock, UserId};
    ///
    /// let (alice, group) = (UserId::from_name("alice"), GroupId(SystemClock.new_id()));
    /// let id = GroupMessageId(SystemClock.new_id()); // chosen once, kept for each retry
    /// assert_eq!(Draft::new(alice, group, "Cheers!").with_id(id).id, Some(id));
    /// ```
    #[must_use]
    pub fn with_id(mut self, id: GroupMessageId) -> Self {
        self.id = Some(id);
        self
    }
}

/// What came of sending.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(chat: &dyn Chat, draft: Draft, id: GroupMessageId) -> Result<(), ChatError> {
/// let first = chat.send_message(draft.clone().with_id(id)).await?;
/// let retry = chat.send_message(draft.with_id(id)).await?;
/// assert!(retry.replayed && retry.message.seq == first.message.seq, "there is one message");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Sent {
    /// The stored message.
    pub message: Arc<GroupMessage>,
    /// It was there already: this was a retry.
    pub replayed: bool,
}

impl Sent {
    /// The stored message.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, draft: Draft) -> Result<(), ChatError> {
    /// let message: GroupMessage = chat.send_message(draft).await?.into_message();
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn into_message(self) -> GroupMessage {
        Arc::unwrap_or_clone(self.message)
    }
}

/// Which messages.
///
/// # Example
/// ```
/// use engine_interfaces::{MessagePage, Range};
///
/// /// Where to go on behind a page; none at the end.
/// fn onward(range: Range, page: &MessagePage) -> Option<Range> {
///     let last = page.messages.last()?.seq;
///     Some(match range {
///         Range::Newest | Range::Before(_) => Range::Before(last),
///         Range::After(_) => Range::After(last),
///     })
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// The newest, newest first.
    Newest,
    /// Older than this position, newest first.
    Before(Seq),
    /// Newer than this position, oldest first.
    After(Seq),
}

/// Messages of a group, with the version of it that they are at least as new as.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId) -> Result<(), ChatError> {
/// let copy = chat.list_messages(alice, group, Range::Newest, Limit::default()).await?;
/// if chat.group_version(alice, group).await? == copy.version {
///     println!("{} messages, and not one to read again", copy.messages.len());
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePage {
    /// What a copy of the page depends on; read not after the messages were.
    pub version: GroupVersion,
    /// In the order of the range.
    pub messages: Vec<Arc<GroupMessage>>,
}
