//! Invitations.

use engine_interfaces::{CreatedInvitation, Invitation, InvitationId, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::ListPageSerializer;

/// A way into a group, for whoever has its code.
#[derive(Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(crate) struct InvitationSerializer {
    /// Unique within the group. It lets nobody in.
    #[schema(value_type = Uuid)]
    id: InvitationId,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// How many more may join by it.
    uses_left: u32,
    /// Who made it; none once they are erased.
    #[schema(value_type = Option<Uuid>, required = true)]
    created_by: Option<UserId>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<&Invitation> for InvitationSerializer {
    fn from(invitation: &Invitation) -> Self {
        let Invitation {
            id,
            group_id: _, // in the path
            expires_at,
            uses_left,
            created_by,
            created_at,
        } = invitation;
        Self {
            id: *id,
            expires_at: *expires_at,
            uses_left: *uses_left,
            created_by: *created_by,
            created_at: *created_at,
        }
    }
}

/// A page of a group's invitations, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = Invitations)]
pub(crate) struct InvitationsSerializer<'a> {
    pub(crate) invitations: Vec<InvitationSerializer>,
    pub(crate) page: ListPageSerializer<'a>,
}

/// An invitation, and the code that lets people in.
#[derive(Serialize, ToSchema)]
#[schema(as = InvitationWithCode)]
pub(crate) struct InvitationWithCodeSerializer<'a> {
    #[serde(flatten)]
    invitation: InvitationSerializer,
    /// What lets people in, for a link: letters, digits, `-` and `_`.
    code: &'a str,
}

/// An invitation that was just made.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedInvitation)]
pub(crate) struct CreatedInvitationSerializer<'a> {
    invitation: InvitationWithCodeSerializer<'a>,
}

impl<'a> From<&'a CreatedInvitation> for CreatedInvitationSerializer<'a> {
    fn from(created: &'a CreatedInvitation) -> Self {
        let CreatedInvitation { invitation, code } = created;
        // Shown to who made it, this once.
        let invitation = InvitationWithCodeSerializer { invitation: invitation.into(), code: code.expose() };
        Self { invitation }
    }
}
