//! Joining by an invitation.

use database::detached;
use engine_interfaces::{Accepted, ChatError, Membership, Secret, UserId};

use super::Code;
use crate::{
    context::Context,
    groups::ShowService,
    memberships,
    store::{Entry, unavailable},
};

/// Lets somebody into a group by an invitation.
pub(crate) struct AcceptService<'a> {
    context: &'a Context,
}

impl<'a> AcceptService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// Lets `user` into the group that `code` leads to, as anybody who is added, and spends a use.
    #[tracing::instrument(skip_all, fields(user.id = %user))]
    pub(crate) async fn call(&self, user: UserId, code: &Secret) -> Result<Accepted, ChatError> {
        let code = Code::read(code).ok_or(ChatError::InvitationNotFound)?;
        let (group, hash, now) = (code.group(), code.hash(), self.context.clock.now());
        // Asked before the lock, so that a stranger can't hold up a group.
        if !self.context.store.keeps_invitation(group, &hash, now).await.map_err(unavailable)? {
            return Err(ChatError::InvitationNotFound);
        }
        let room = self.context.check_group_limit(user).await;
        let context = self.context.clone();
        let joined = detached(async move {
            let (most, job) = (context.settings.max_members, context.link_job(user, group));
            let decide = |entry: Entry| decide(entry, most, room);
            let accepted = context.store.accept_invitation(group, &hash, user, now, job, decide).await;
            let (membership, joined) = accepted.map_err(unavailable)??;
            if joined {
                memberships::joined(&context, &membership).await;
            }
            Ok::<_, ChatError>(joined)
        })
        .await?;
        match ShowService::new(self.context).call(user, group).await {
            Ok(group) => Ok(Accepted { group, already: !joined }),
            // They were removed in the meantime.
            Err(ChatError::GroupNotFound(_)) => Err(ChatError::InvitationNotFound),
            Err(error) => Err(error),
        }
    }
}

/// Who is in already stays, whatever the limits and the invitation say; none is for who joins.
fn decide(entry: Entry, most: i64, room: Result<(), ChatError>) -> Result<Option<Membership>, ChatError> {
    if entry.subject.is_some() {
        return Ok(entry.subject);
    }
    if entry.uses_left < 1 {
        return Err(ChatError::InvitationNotFound);
    }
    room?;
    if entry.count >= most {
        return Err(ChatError::GroupFull);
    }
    Ok(None)
}
