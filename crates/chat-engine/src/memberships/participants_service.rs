//! Who is known to a group.

use engine_interfaces::{ChatError, GroupId, UserId};

use crate::{context::Context, store::unavailable};

/// Tells who is known to a group.
pub(crate) struct ParticipantsService<'a> {
    context: &'a Context,
}

impl<'a> ParticipantsService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// Those of `ids` that are or were in the group. Every author is among them: only members send, and the
    /// membership of who left stays.
    pub(crate) async fn call(
        &self,
        user: UserId,
        group: GroupId,
        ids: &[UserId],
    ) -> Result<Vec<UserId>, ChatError> {
        self.context.membership(user, group).await?;
        self.context.store.participants(group, ids).await.map_err(unavailable)
    }
}
