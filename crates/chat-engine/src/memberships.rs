//! Memberships.

mod add_service;
mod change_role_service;
mod list_service;
mod participants_service;
mod remove_service;
mod versions;

use engine_interfaces::{Control, MemberChange, Membership};

pub(crate) use add_service::AddService;
pub(crate) use change_role_service::ChangeRoleService;
pub(crate) use list_service::ListService;
pub(crate) use participants_service::ParticipantsService;
pub(crate) use remove_service::RemoveService;
pub(crate) use versions::Versions;

use crate::context::Context;

/// Lets everybody know of somebody who joined, however they did: the joining is committed.
pub(crate) async fn joined(context: &Context, membership: &Membership) {
    let Membership { group_id, user_id, role, joined_at: _ } = *membership;
    context.link(user_id, group_id).await;
    context.broker.control(Control::Member {
        group_id,
        user_id,
        change: MemberChange::Joined,
        role: Some(role),
    });
}
