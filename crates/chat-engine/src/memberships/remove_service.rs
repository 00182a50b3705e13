//! Removing a member, or leaving.

use database::detached;
use engine_interfaces::{ChatError, Control, GroupId, MemberChange, Role, UserId};

use crate::{
    context::Context,
    rules,
    store::{Change, Members, unavailable},
};

/// Removes a member.
pub(crate) struct RemoveService<'a> {
    context: &'a Context,
}

impl<'a> RemoveService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// Removes `member`, who may be `user`.
    #[tracing::instrument(skip_all, fields(user.id = %user, group.id = %group, member.id = %member))]
    pub(crate) async fn call(&self, user: UserId, group: GroupId, member: UserId) -> Result<(), ChatError> {
        let leaving = user == member;
        let role = self.context.membership(user, group).await?.role;
        rules::allowed(leaving || role > Role::Member)?;
        let context = self.context.clone();
        detached(async move {
            let now = context.clock.now();
            context
                .store
                .change_membership(group, user, member, now, None, |members| decide(members, leaving))
                .await
                .map_err(unavailable)??;
            context.broker.control(Control::Member {
                group_id: group,
                user_id: member,
                change: MemberChange::Left,
                role: None,
            });
            Ok(())
        })
        .await
    }
}

/// Anyone leaves, an admin removes members, an owner anyone; an owner remains.
fn decide(members: Members, leaving: bool) -> Result<Change, ChatError> {
    rules::allowed(leaving || members.actor > Role::Member)?;
    let membership = members.subject.ok_or(ChatError::MemberNotFound)?;
    rules::allowed(leaving || members.actor == Role::Owner || membership.role == Role::Member)?;
    if membership.role == Role::Owner && !members.another_owner {
        return Err(ChatError::LastOwner);
    }
    Ok(Change::Leave(membership))
}

#[cfg(test)]
mod tests {
    use engine_interfaces::{Membership, Timestamp};

    use super::*;

    fn decided(actor: Role, subject: Option<Role>, another_owner: bool, leaving: bool) -> &'static str {
        let members = Members {
            count: 3,
            actor,
            subject: subject.map(|role| Membership {
                group_id: GroupId(uuid::Uuid::nil()),
                user_id: UserId::from_name("subject"),
                role,
                joined_at: Timestamp::from_micros(0).unwrap(),
            }),
            another_owner,
        };
        match decide(members, leaving) {
            Ok(Change::Leave(_)) => "goes",
            Ok(_) => "stays",
            Err(ChatError::Forbidden) => "forbidden",
            Err(ChatError::MemberNotFound) => "not found",
            Err(ChatError::LastOwner) => "last owner",
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn an_admin_removes_members_and_an_owner_anyone() {
        use Role::{Admin, Member, Owner};
        for (actor, subject, outcome) in [
            (Member, Member, "forbidden"),
            (Admin, Member, "goes"),
            (Admin, Admin, "forbidden"),
            (Admin, Owner, "forbidden"),
            (Owner, Member, "goes"),
            (Owner, Admin, "goes"),
            (Owner, Owner, "goes"),
        ] {
            assert_eq!(decided(actor, Some(subject), true, false), outcome, "{actor} {subject}");
        }
    }

    #[test]
    fn anyone_leaves_but_the_last_owner() {
        assert_eq!(decided(Role::Member, Some(Role::Member), true, true), "goes");
        assert_eq!(decided(Role::Owner, Some(Role::Owner), true, true), "goes");
        assert_eq!(decided(Role::Owner, Some(Role::Owner), false, true), "last owner");
    }

    #[test]
    fn only_who_may_remove_learns_who_is_not_there() {
        assert_eq!(decided(Role::Member, None, true, false), "forbidden");
        assert_eq!(decided(Role::Admin, None, true, false), "not found");
    }
}
