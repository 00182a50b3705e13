//! Giving a role.

use database::detached;
use engine_interfaces::{ChatError, Control, GroupId, MemberChange, Membership, Role, UserId};

use crate::{
    context::Context,
    rules,
    store::{Change, Members, unavailable},
};

/// Gives a member a role.
pub(crate) struct ChangeRoleService<'a> {
    context: &'a Context,
}

impl<'a> ChangeRoleService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// Gives `member` the role `role`.
    #[tracing::instrument(skip_all, fields(user.id = %user, group.id = %group, member.id = %member))]
    pub(crate) async fn call(
        &self,
        user: UserId,
        group: GroupId,
        member: UserId,
        role: Role,
    ) -> Result<Membership, ChatError> {
        rules::owner(self.context.membership(user, group).await?.role)?;
        let context = self.context.clone();
        detached(async move {
            let now = context.clock.now();
            let (membership, changed) = context
                .store
                .change_membership(group, user, member, now, None, |members| decide(members, role))
                .await
                .map_err(unavailable)??;
            if changed {
                context.broker.control(Control::Member {
                    group_id: group,
                    user_id: member,
                    change: MemberChange::Role,
                    role: Some(role),
                });
            }
            Ok(membership)
        })
        .await
    }
}

fn decide(members: Members, role: Role) -> Result<Change, ChatError> {
    rules::owner(members.actor)?;
    let membership = members.subject.ok_or(ChatError::MemberNotFound)?;
    if membership.role == role {
        return Ok(Change::Keep(membership));
    }
    if membership.role == Role::Owner && !members.another_owner {
        return Err(ChatError::LastOwner);
    }
    Ok(Change::Become(membership, role))
}
