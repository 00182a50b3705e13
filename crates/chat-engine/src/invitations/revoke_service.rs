//! Ending an invitation.

use database::detached;
use engine_interfaces::{ChatError, GroupId, InvitationId, UserId};

use crate::{context::Context, rules, store::unavailable};

/// Ends an invitation.
pub(crate) struct RevokeService<'a> {
    context: &'a Context,
}

impl<'a> RevokeService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// Ends an invitation. Those who joined by it stay.
    #[tracing::instrument(skip_all, fields(user.id = %user, group.id = %group))]
    pub(crate) async fn call(
        &self,
        user: UserId,
        group: GroupId,
        invitation: InvitationId,
    ) -> Result<(), ChatError> {
        rules::at_least_admin(self.context.membership(user, group).await?.role)?;
        self.context.no_guest(user).await?;
        let store = self.context.store.clone();
        detached(async move {
            store.revoke_invitation(user, group, invitation, rules::at_least_admin).await.map_err(unavailable)
        })
        .await?
    }
}
