//! Making an invitation.

use std::time::Duration;

use database::detached;
use engine_interfaces::{ChatError, CreatedInvitation, GroupId, InvitationDraft, InvitationId, UserId};

use super::Code;
use crate::{
    context::Context,
    rules,
    settings::Settings,
    store::{NewInvitation, unavailable},
};

/// Makes an invitation.
pub(crate) struct CreateService<'a> {
    context: &'a Context,
}

impl<'a> CreateService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// Makes an invitation, and tells its code.
    #[tracing::instrument(skip_all, fields(user.id = %user, group.id = %group))]
    pub(crate) async fn call(
        &self,
        user: UserId,
        group: GroupId,
        draft: InvitationDraft,
    ) -> Result<CreatedInvitation, ChatError> {
        rules::at_least_admin(self.context.membership(user, group).await?.role)?;
        self.context.no_guest(user).await?;
        let (life, uses) = terms(draft, &self.context.settings)?;
        let code = Code::generate(group).map_err(ChatError::Unavailable)?;
        let context = self.context.clone();
        let now = context.clock.now();
        let new = NewInvitation {
            id: InvitationId(context.clock.new_id()),
            group_id: group,
            hash: code.hash(),
            uses,
            created_by: user,
            created_at: now,
            expires_at: now.plus(life),
        };
        let most = context.settings.max_invitations;
        let made = detached(async move {
            context.store.create_invitation(new, most, rules::at_least_admin).await.map_err(unavailable)
        });
        Ok(CreatedInvitation { invitation: made.await??, code: code.write() })
    }
}

/// How long an invitation is good, and for how many: what the draft says, within the limits.
fn terms(draft: InvitationDraft, settings: &Settings) -> Result<(Duration, u32), ChatError> {
    let life = draft.life.unwrap_or(settings.invitation_life.min(settings.max_invitation_life));
    let uses = draft.uses.unwrap_or(settings.invitation_uses.min(settings.max_invitation_uses));
    rules::check_invitation(life, uses, settings)?;
    Ok((life, uses))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(life: Option<u64>, uses: Option<u32>) -> Vec<&'static str> {
        let draft = InvitationDraft { life: life.map(Duration::from_secs), uses };
        match terms(draft, &Settings::default()) {
            Ok(_) => Vec::new(),
            Err(ChatError::Invalid(violations)) => violations.iter().map(|broken| broken.field).collect(),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn an_invitation_ends_in_30_days_at_most_and_lets_1_000_in_at_most() {
        let longest = 30 * 24 * 60 * 60;
        assert!(broken(Some(1), Some(1)).is_empty());
        assert!(broken(Some(longest), Some(1_000)).is_empty());
        assert_eq!(broken(Some(longest + 1), Some(1_001)), ["expires_in", "uses"]);
        assert_eq!(broken(Some(0), Some(0)), ["expires_in", "uses"]);
    }

    #[test]
    fn what_is_not_said_is_within_the_limits() {
        let week = Duration::from_secs(7 * 24 * 60 * 60);
        let unsaid = InvitationDraft::default();
        assert_eq!(terms(unsaid, &Settings::default()).unwrap(), (week, 10));
        let strict = Settings {
            max_invitation_life: Duration::from_secs(60),
            max_invitation_uses: 1,
            ..Settings::default()
        };
        assert_eq!(terms(unsaid, &strict).unwrap(), (Duration::from_secs(60), 1));
    }
}
