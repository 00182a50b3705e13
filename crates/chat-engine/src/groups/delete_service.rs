//! Deleting a group.

use database::detached;
use engine_interfaces::{ChatError, Control, GroupId, JobId, UserId};

use crate::{context::Context, rules, store::unavailable, workers::DeleteGroup};

/// Deletes a group.
pub(crate) struct DeleteService<'a> {
    context: &'a Context,
}

impl<'a> DeleteService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// Deletes the group for everybody, at once; a job removes its rows.
    #[tracing::instrument(skip_all, fields(user.id = %user, group.id = %group))]
    pub(crate) async fn call(&self, user: UserId, group: GroupId) -> Result<(), ChatError> {
        rules::owner(self.context.membership(user, group).await?.role)?;
        let context = self.context.clone();
        detached(async move {
            let now = context.clock.now();
            let job = DeleteGroup::job(JobId(context.clock.new_id()), group, now);
            let store = &context.store;
            store.delete_group(user, group, now, job, rules::owner).await.map_err(unavailable)??;
            context.broker.control(Control::GroupDeleted { group_id: group });
            Ok(())
        })
        .await
    }
}
