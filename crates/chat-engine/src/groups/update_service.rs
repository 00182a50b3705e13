//! Changing a group.

use database::detached;
use engine_interfaces::{ChatError, Control, Group, GroupChange, GroupId, UserId};

use crate::{
    context::Context,
    groups::ShowService,
    rules,
    store::{Title, unavailable},
};

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
            let context = self.context.clone();
            detached(async move {
                let updated_at = context.clock.now();
                let Title { name, description } = context
                    .store
                    .update_group(user, group, change, updated_at, rules::at_least_admin)
                    .await
                    .map_err(unavailable)??;
                context.broker.control(Control::GroupChanged {
                    group_id: group,
                    name,
                    description,
                    updated_at,
                });
                Ok::<_, ChatError>(())
            })
            .await?;
        }
        ShowService::new(self.context).call(user, group).await
    }
}
