//! Making a group.

use database::detached;
use engine_interfaces::{ChatError, Created, GroupDraft, GroupId, Membership, Role, UserId};

use crate::{
    context::Context,
    groups::ShowService,
    memberships, rules,
    store::{NewGroup, unavailable},
};

/// Makes a group.
pub(crate) struct CreateService<'a> {
    context: &'a Context,
}

impl<'a> CreateService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// Makes a group whose owner is `user`. The same id and name again answer the group made the first time.
    #[tracing::instrument(skip_all, fields(user.id = %user))]
    pub(crate) async fn call(&self, user: UserId, draft: GroupDraft) -> Result<Created, ChatError> {
        rules::check_group(&draft)?;
        if let Some(id) = draft.id
            && let Some(created) = self.replay(user, id, &draft.name).await?
        {
            return Ok(created);
        }
        self.context.check_group_limit(user).await?;
        let id = draft.id.unwrap_or_else(|| GroupId(self.context.clock.new_id()));
        let name = draft.name.clone();
        let new = NewGroup { id, name: draft.name, description: draft.description, owner: user };
        let context = self.context.clone();
        let made = detached(async move {
            let (now, job) = (context.clock.now(), context.link_job(user, id));
            let made = context.store.create_group(new, now, job).await?;
            if made {
                // Their other devices hear of it too.
                let owner = Membership { group_id: id, user_id: user, role: Role::Owner, joined_at: now };
                memberships::joined(&context, &owner).await;
            }
            Ok(made)
        })
        .await
        .map_err(unavailable)?;
        if !made {
            // A retry that ran beside this call was first.
            return self.replay(user, id, &name).await?.ok_or(ChatError::IdTaken);
        }
        let group = ShowService::new(self.context).call(user, id).await?;
        Ok(Created { group, replayed: false })
    }

    /// What the first call with this id made; `None` when there was none.
    async fn replay(&self, user: UserId, id: GroupId, name: &str) -> Result<Option<Created>, ChatError> {
        let Some(origin) = self.context.store.origin(id).await.map_err(unavailable)? else {
            return Ok(None);
        };
        if origin.created_by != user || origin.name != name {
            return Err(ChatError::IdTaken);
        }
        match ShowService::new(self.context).call(user, id).await {
            Ok(group) => {
                // The first call may have ended before it came to this.
                self.context.link(user, id).await;
                Ok(Some(Created { group, replayed: true }))
            }
            // They left it since: not theirs to see, and not free either.
            Err(ChatError::GroupNotFound(_)) => Err(ChatError::IdTaken),
            Err(error) => Err(error),
        }
    }
}
