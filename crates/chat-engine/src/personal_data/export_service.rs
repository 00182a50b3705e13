//! Exporting what a user has.

use engine_interfaces::{
    BoxError, Cursor, GROUP, GROUP_MESSAGE, GroupId, GroupMessage, GroupMessageId, Invitation, Page, Seq,
    UserId, UserResource,
};
use serde_json::{Value, json};

use crate::{
    context::Context,
    cursor::{ByLink, InLog},
    store::OwnGroup,
};

/// The groups that a user is or was in.
const GROUPS: &str = "groups";
/// The messages that a user wrote.
const MESSAGES: &str = "messages";
/// The invitations that a user made, without their codes.
const INVITATIONS: &str = "invitations";

/// Exports what a user has, a page at a time.
pub(crate) struct ExportService<'a> {
    context: &'a Context,
}

impl<'a> ExportService<'a> {
    pub(crate) const SECTIONS: &'static [&'static str] = &[GROUPS, MESSAGES, INVITATIONS];

    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// A page of a section; of one that chat does not have, the last and empty one.
    #[tracing::instrument(skip_all, fields(user.id = %user))]
    pub(crate) async fn call(
        &self,
        user: UserId,
        section: &str,
        after: Option<&Cursor>,
    ) -> Result<Page<Value>, BoxError> {
        match section {
            GROUPS => self.groups(user, after).await,
            MESSAGES if self.context.settings.trust_links => self.linked_messages(user, after).await,
            MESSAGES => self.messages(user, after).await,
            INVITATIONS => self.invitations(user, after).await,
            _ => Ok(Page { entries: Vec::new(), next: None }),
        }
    }

    async fn groups(&self, user: UserId, after: Option<&Cursor>) -> Result<Page<Value>, BoxError> {
        let links = self.links(user, GROUP, after).await?;
        let ids: Vec<_> = links.iter().map(|link| GroupId(link.resource_id)).collect();
        let own = self.context.store.own_groups(user, &ids).await?;
        Ok(Page { entries: own.into_iter().map(group).collect(), next: self.next(&links) })
    }

    async fn invitations(&self, user: UserId, after: Option<&Cursor>) -> Result<Page<Value>, BoxError> {
        let links = self.links(user, GROUP, after).await?;
        let ids: Vec<_> = links.iter().map(|link| GroupId(link.resource_id)).collect();
        let own = self.context.store.own_invitations(user, &ids).await?;
        Ok(Page { entries: own.into_iter().map(invitation).collect(), next: self.next(&links) })
    }

    async fn linked_messages(&self, user: UserId, after: Option<&Cursor>) -> Result<Page<Value>, BoxError> {
        let links = self.links(user, GROUP_MESSAGE, after).await?;
        let mut entries = Vec::with_capacity(links.len());
        for of_group in links.chunk_by(|one, other| one.scope_id == other.scope_id) {
            let Some(first) = of_group.first() else { continue };
            let ids = of_group.iter().map(|link| GroupMessageId(link.resource_id)).collect();
            let own = self.context.store.own_among(GroupId(first.scope_id), user, ids).await?;
            entries.extend(messages(own)?);
        }
        Ok(Page { entries, next: self.next(&links) })
    }

    /// Looks through one window of one group's log.
    async fn messages(&self, user: UserId, after: Option<&Cursor>) -> Result<Page<Value>, BoxError> {
        let Context { store, settings, .. } = self.context;
        let begin = match after {
            Some(cursor) => Some(InLog::read(cursor)?),
            None => self.group_after(user, None).await?,
        };
        let Some(InLog(group, after)) = begin else {
            return Ok(Page { entries: Vec::new(), next: None });
        };
        let last = store.heads(&[group]).await?.pop().map_or(Seq::ZERO, |head| head.last_seq);
        let chunk = settings.personal_page();
        let through = Seq(after.0.saturating_add(settings.personal_window()));
        let own = store.own_messages(group, user, (after, through), chunk.into()).await?;
        let reached = match own.last() {
            Some(newest) if own.len() == usize::from(chunk) => newest.seq,
            _ => through,
        };
        let next = if reached < last {
            Some(InLog(group, reached))
        } else {
            self.group_after(user, Some(group)).await?
        };
        Ok(Page { entries: messages(own)?, next: next.map(InLog::write) })
    }

    /// The beginning of the log of the next group that is linked to `user`.
    async fn group_after(&self, user: UserId, group: Option<GroupId>) -> Result<Option<InLog>, BoxError> {
        let after = group.map(|group| (group.0, group.0));
        let next = self.context.resources.resources(user, GROUP, after, 1).await?.pop();
        Ok(next.map(|link| InLog(GroupId(link.resource_id), Seq::ZERO)))
    }

    async fn links(
        &self,
        user: UserId,
        resource_type: &'static str,
        after: Option<&Cursor>,
    ) -> Result<Vec<UserResource>, BoxError> {
        let after = after.map(ByLink::read).transpose()?.map(|ByLink(scope, resource)| (scope, resource));
        let page = usize::from(self.context.settings.personal_page());
        Ok(self.context.resources.resources(user, resource_type, after, page).await?)
    }

    fn next(&self, links: &[UserResource]) -> Option<Cursor> {
        let full = links.len() == usize::from(self.context.settings.personal_page());
        let last = links.last().filter(|_| full)?;
        Some(ByLink(last.scope_id, last.resource_id).write())
    }
}

/// What a group is called is for its members to see.
fn group(own: OwnGroup) -> Value {
    let OwnGroup { membership, left_at, name, description } = own;
    let seen = left_at.is_none();
    json!({
        "id": membership.group_id,
        "name": seen.then_some(name),
        "description": seen.then_some(description),
        "role": seen.then_some(membership.role),
        "joined_at": membership.joined_at,
        "left_at": left_at,
    })
}

fn invitation(own: Invitation) -> Value {
    let Invitation { id, group_id, expires_at, uses_left, created_by: _, created_at } = own;
    json!({
        "id": id,
        "group_id": group_id,
        "expires_at": expires_at,
        "uses_left": uses_left,
        "created_at": created_at,
    })
}

fn messages(own: Vec<GroupMessage>) -> Result<Vec<Value>, serde_json::Error> {
    own.into_iter().map(serde_json::to_value).collect()
}
