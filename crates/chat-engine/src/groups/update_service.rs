//! Changing a group.

use database::detached;
use engine_interfaces::{ChatError, Group, GroupChange, GroupId, UserId};

use crate::{context::Context, groups::ShowService, rules, store::unavailable};

/// Changes a group.
pub(crate) struct UpdateService<'a> {
    context: &'a Context,
}

impl<'a> UpdateService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// Gives the group another name or description.
    #[tracing::instrument(skip_all, fields(user.id = %user, group.id = %group))]
    pub(crate) async fn call(
        &self,
        user: UserId,
        group: GroupId,
        change: GroupChange,
    ) -> Result<Group, ChatError> {
        // Asked before the lock, so that a stranger can't hold up a group.
        rules::at_least_admin(self.context.membership(user, group).await?.role)?;
        rules::check_change(&change)?;
        if change.name.is_some() || change.description.is_some() {
            let (store, now) = (self.context.store.clone(), self.context.clock.now());
            detached(
                async move { store.update_group(user, group, change, now, rules::at_least_admin).await },
            )
            .await
            .map_err(unavailable)??;
        }
        ShowService::new(self.context).call(user, group).await
    }
}
