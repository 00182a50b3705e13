//! One message.

use engine_interfaces::{ChatError, GroupId, GroupMessage, GroupMessageId, UserId};

use crate::{context::Context, store::unavailable};

/// Shows a message.
pub(crate) struct ShowService<'a> {
    context: &'a Context,
}

impl<'a> ShowService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// A message of a group that `user` is in.
    pub(crate) async fn call(
        &self,
        user: UserId,
        group: GroupId,
        id: GroupMessageId,
    ) -> Result<GroupMessage, ChatError> {
        self.context.membership(user, group).await?;
        let message = self.context.store.message(group, id).await.map_err(unavailable)?;
        message.ok_or(ChatError::MessageNotFound)
    }
}
