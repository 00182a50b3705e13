//! Links by which people join groups.

use std::time::Duration;

use crate::{Group, GroupId, InvitationId, Secret, Timestamp, UserId};

/// A way into a group, for whoever has its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id, unique within its group. It lets nobody in.
    pub id: InvitationId,
    /// The group.
    pub group_id: GroupId,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How many more may join by it.
    pub uses_left: u32,
    /// Who made it; none once they are erased.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An invitation to be made. What is `None` is as the engine's settings have it.
#[derive(Debug, Clone, Copy, Default)]
pub struct InvitationDraft {
    /// How long it is good.
    pub life: Option<Duration>,
    /// How many may join by it.
    pub uses: Option<u32>,
}

/// What came of making an invitation.
#[derive(Debug, Clone)]
pub struct CreatedInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// What lets people in: shown to who made it, and never again.
    pub code: Secret,
}

/// What came of accepting an invitation.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The group, as its new member sees it.
    pub group: Group,
    /// They were in already, and nothing was spent.
    pub already: bool,
}
