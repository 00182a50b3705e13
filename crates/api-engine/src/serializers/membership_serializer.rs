//! Members.

use engine_interfaces::{Membership, Role, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::ListPageSerializer;

/// What a member may do: a member reads and sends; an admin also changes the group, invites, and adds and removes
/// members; an owner also gives roles, removes anyone and deletes the group.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = Role)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoleName {
    Member,
    Admin,
    Owner,
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Member => Self::Member,
            Role::Admin => Self::Admin,
            Role::Owner => Self::Owner,
        }
    }
}

/// A member of a group.
#[derive(Serialize, ToSchema)]
#[schema(as = Membership)]
pub(crate) struct MembershipSerializer<'a> {
    #[schema(value_type = Uuid)]
    user_id: UserId,
    /// None once the user is erased.
    #[schema(required = true)]
    name: Option<&'a str>,
    role: RoleName,
    #[schema(value_type = String, format = DateTime)]
    joined_at: Timestamp,
}

impl<'a> MembershipSerializer<'a> {
    /// A membership, beside the name that authentication knows.
    pub(crate) fn new(membership: &Membership, name: Option<&'a str>) -> Self {
        let Membership { group_id: _, user_id, role, joined_at } = membership;
        Self { user_id: *user_id, name, role: (*role).into(), joined_at: *joined_at }
    }
}

/// A page of members, in the order in which they joined.
#[derive(Serialize, ToSchema)]
#[schema(as = Memberships)]
pub(crate) struct MembershipsSerializer<'a> {
    pub(crate) members: Vec<MembershipSerializer<'a>>,
    pub(crate) page: ListPageSerializer<'a>,
}
