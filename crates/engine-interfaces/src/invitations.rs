//! Links by which people join groups.

use std::time::Duration;

use crate::{Group, GroupId, InvitationId, Secret, Timestamp, UserId};

/// A way into a group, for whoever has its code.
///
/// # Example
/// ```
/// use engine_interfaces::{Invitation, Timestamp};
///
/// /// Whether anybody can still join by it.
/// fn is_open(invitation: &Invitation, now: Timestamp) -> bool {
///     invitation.uses_left > 0 && now < invitation.expires_at
/// }
/// ```
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
///
/// # Example
/// ```
/// use engine_interfaces::InvitationDraft;
///
/// let for_one = InvitationDraft { uses: Some(1), ..InvitationDraft::default() };
/// assert_eq!(for_one.life, None, "as long as invitations are good here");
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct InvitationDraft {
    /// How long it is good.
    pub life: Option<Duration>,
    /// How many may join by it.
    pub uses: Option<u32>,
}

/// What came of making an invitation.
///
/// # Example
/// ```
/// use engine_interfaces::CreatedInvitation;
///
/// /// What a log may say of it: the id lets nobody in.
/// fn logged(made: &CreatedInvitation) -> String {
///     format!("{} with {:?}", made.invitation.id, made.code) // the code as `Secret(..)`
/// }
/// ```
#[derive(Debug, Clone)]
pub struct CreatedInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// What lets people in: shown to who made it, and never again.
    pub code: Secret,
}

/// What came of accepting an invitation.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(chat: &dyn Chat, bob: UserId, code: &Secret) -> Result<(), ChatError> {
/// let first = chat.accept_invitation(bob, code).await?;
/// let retry = chat.accept_invitation(bob, code).await?;
/// assert!(retry.already && retry.group.id == first.group.id, "no second use was spent");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The group, as its new member sees it.
    pub group: Group,
    /// They were in already, and nothing was spent.
    pub already: bool,
}
