//! Listing a group's invitations.

use engine_interfaces::{ChatError, Cursor, GroupId, Invitation, Limit, Page, UserId};

use crate::{context::Context, cursor::ByAge, rules, store::unavailable};

/// Lists a group's invitations.
pub(crate) struct ListService<'a> {
    context: &'a Context,
}

impl<'a> ListService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// A page of those by which people can still join, the newest first.
    pub(crate) async fn call(
        &self,
        user: UserId,
        group: GroupId,
        limit: Limit,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Invitation>, ChatError> {
        rules::at_least_admin(self.context.membership(user, group).await?.role)?;
        self.context.no_guest(user).await?;
        let before = cursor.map_or(Ok(ByAge::START), ByAge::read)?;
        // One more than is shown tells whether there is a next page.
        let one_more = i64::try_from(limit.get() + 1).unwrap_or(i64::MAX);
        let now = self.context.clock.now();
        let open = self.context.store.open_invitations(group, now, before.0, one_more).await;
        let mut invitations = open.map_err(unavailable)?;
        let more = invitations.len() > limit.get();
        invitations.truncate(limit.get());
        let next = invitations.last().filter(|_| more).map(|last| ByAge(last.id).write());
        Ok(Page { entries: invitations, next })
    }
}
