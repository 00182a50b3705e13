//! Showing a group.

use engine_interfaces::{ChatError, Group, GroupId, UserId};

use crate::{context::Context, store::unavailable};

/// Shows a group.
pub(crate) struct ShowService<'a> {
    context: &'a Context,
}

impl<'a> ShowService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// A group that `user` is in.
    pub(crate) async fn call(&self, user: UserId, group: GroupId) -> Result<Group, ChatError> {
        let groups = self.context.store.groups(user, &[group]).await.map_err(unavailable)?;
        groups.into_iter().next().ok_or(ChatError::GroupNotFound(group))
    }
}
