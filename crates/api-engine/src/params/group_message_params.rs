//! What makes a message.

use engine_interfaces::{Draft, GroupId, GroupMessageId, UserId};
use utoipa::ToSchema;

use super::{
    IdempotencyKey,
    body::{Body, Params},
    fields::Fields,
};
use crate::errors::ErrorHandler;

/// A message for the group in the path.
#[derive(Debug, ToSchema)]
#[schema(as = CreateMessage)]
pub(crate) struct MessageParams {
    /// Chosen by the client, so that a retry makes no second message.
    #[schema(value_type = Option<Uuid>, required = false, nullable = false)]
    id: Option<GroupMessageId>,
    /// The text; not blank.
    #[schema(min_length = 1, max_length = 10_000, pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$")]
    message: String,
}

impl MessageParams {
    /// The draft of `user` for `group`.
    pub(crate) fn into_draft(
        self,
        user: UserId,
        group: GroupId,
        key: IdempotencyKey,
    ) -> Result<Draft, ErrorHandler> {
        Ok(Draft { user_id: user, group_id: group, id: key.or(self.id)?, message: self.message })
    }
}

/// [`MessageParams`], on their way.
pub(crate) type MessageBody = Body<MessageParams>;

impl Params for MessageParams {
    const ROOT: &'static str = "message";
    const FIELDS: &'static [&'static str] = &["id", "message"];

    fn read(fields: &mut Fields) -> Result<Self, ErrorHandler> {
        Ok(Self { id: fields.optional("id")?, message: fields.required("message")? })
    }
}

/// A message that names its group.
#[derive(Debug, ToSchema)]
#[schema(as = CreateGroupMessage)]
pub(crate) struct GroupMessageParams {
    /// The group.
    #[schema(value_type = Uuid)]
    group_id: GroupId,
    /// Chosen by the client, so that a retry makes no second message.
    #[schema(value_type = Option<Uuid>, required = false, nullable = false)]
    id: Option<GroupMessageId>,
    /// The text; not blank.
    #[schema(min_length = 1, max_length = 10_000, pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$")]
    message: String,
}

impl GroupMessageParams {
    /// The draft of `user`.
    pub(crate) fn into_draft(self, user: UserId, key: IdempotencyKey) -> Result<Draft, ErrorHandler> {
        let Self { group_id, id, message } = self;
        MessageParams { id, message }.into_draft(user, group_id, key)
    }
}

/// [`GroupMessageParams`], on their way.
pub(crate) type GroupMessageBody = Body<GroupMessageParams>;

impl Params for GroupMessageParams {
    const ROOT: &'static str = "group_message";
    const FIELDS: &'static [&'static str] = &["group_id", "id", "message"];

    fn read(fields: &mut Fields) -> Result<Self, ErrorHandler> {
        Ok(Self {
            group_id: fields.required("group_id")?,
            id: fields.optional("id")?,
            message: fields.required("message")?,
        })
    }
}
