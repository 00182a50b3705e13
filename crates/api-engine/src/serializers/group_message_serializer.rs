//! Messages.

use engine_interfaces::{GroupId, GroupMessage, GroupMessageId, Seq, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::MessagePageSerializer;

/// A message as clients see it.
#[derive(Serialize, ToSchema)]
#[schema(as = GroupMessage)]
pub(crate) struct GroupMessageSerializer<'a> {
    /// Unique within the group.
    #[schema(value_type = Uuid)]
    id: GroupMessageId,
    #[schema(value_type = Uuid)]
    group_id: GroupId,
    /// Who wrote it; none once erased.
    #[schema(value_type = Option<Uuid>, required = true)]
    user_id: Option<UserId>,
    /// Its position in the group: 1, 2, 3, … without gaps.
    #[schema(value_type = i64, minimum = 1)]
    seq: Seq,
    /// The text; none once erased.
    #[schema(min_length = 1, max_length = 10_000, required = true)]
    message: Option<&'a str>,
    /// Lost its text and author.
    erased: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl<'a> From<&'a GroupMessage> for GroupMessageSerializer<'a> {
    fn from(message: &'a GroupMessage) -> Self {
        let GroupMessage { id, group_id, user_id, seq, message, erased, created_at, updated_at, trace: _ } =
            message;
        Self {
            id: *id,
            group_id: *group_id,
            user_id: *user_id,
            seq: *seq,
            message: message.as_deref(),
            erased: *erased,
            created_at: *created_at,
            updated_at: *updated_at,
        }
    }
}

/// A page of messages.
#[derive(Serialize, ToSchema)]
#[schema(as = GroupMessages)]
pub(crate) struct GroupMessagesSerializer<'a> {
    pub(crate) messages: Vec<GroupMessageSerializer<'a>>,
    pub(crate) page: MessagePageSerializer,
}
