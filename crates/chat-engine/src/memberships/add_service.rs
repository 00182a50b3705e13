//! Adding a member.

use database::detached;
use engine_interfaces::{Added, ChatError, GroupId, UserId};

use crate::{
    context::Context,
    rules,
    store::{Change, Members, unavailable},
};

/// Adds a member.
pub(crate) struct AddService<'a> {
    context: &'a Context,
}

impl<'a> AddService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// Adds `member`, who may read all that came before, and has nothing unread.
    #[tracing::instrument(skip_all, fields(user.id = %user, group.id = %group, member.id = %member))]
    pub(crate) async fn call(
        &self,
        user: UserId,
        group: GroupId,
        member: UserId,
    ) -> Result<Added, ChatError> {
        rules::at_least_admin(self.context.membership(user, group).await?.role)?;
        self.context.may_add(user, member).await?;
        let room = self.context.check_group_limit(member).await;
        let context = self.context.clone();
        detached(async move {
            let most = context.settings.max_members;
            let (now, job) = (context.clock.now(), context.link_job(member, group));
            let decide = |members: Members| decide(members, most, room);
            let (membership, joined) = context
                .store
                .change_membership(group, user, member, now, Some(job), decide)
                .await
                .map_err(unavailable)??;
            if joined {
                super::joined(&context, &membership).await;
            }
            Ok(Added { membership, already: !joined })
        })
        .await
    }
}

/// Who is in already stays, whatever the limits say.
fn decide(members: Members, most: i64, room: Result<(), ChatError>) -> Result<Change, ChatError> {
    rules::at_least_admin(members.actor)?;
    if let Some(membership) = members.subject {
        return Ok(Change::Keep(membership));
    }
    room?;
    if members.count >= most {
        return Err(ChatError::GroupFull);
    }
    Ok(Change::Join)
}
