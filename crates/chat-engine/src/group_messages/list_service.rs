//! Pages of a group's messages.

use engine_interfaces::{ChatError, GroupId, GroupMessage, Limit, Range, UserId};

use crate::{context::Context, store::unavailable};

/// Reads pages of a group's messages.
pub(crate) struct ListService<'a> {
    context: &'a Context,
}

impl<'a> ListService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// A page of the messages of a group that `user` is in.
    pub(crate) async fn call(
        &self,
        user: UserId,
        group: GroupId,
        range: Range,
        limit: Limit,
    ) -> Result<Vec<GroupMessage>, ChatError> {
        self.context.membership(user, group).await?;
        let limit = i64::try_from(limit.get()).unwrap_or(i64::MAX);
        self.context.store.messages(group, range, limit).await.map_err(unavailable)
    }
}
