//! Listing a group's members.

use engine_interfaces::{ChatError, Cursor, GroupId, Limit, Membership, Page, UserId};

use crate::{context::Context, cursor::ByJoining, store::unavailable};

/// Lists a group's members.
pub(crate) struct ListService<'a> {
    context: &'a Context,
}

impl<'a> ListService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// A page of the members, in the order in which they joined.
    pub(crate) async fn call(
        &self,
        user: UserId,
        group: GroupId,
        limit: Limit,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Membership>, ChatError> {
        self.context.membership(user, group).await?;
        let after = cursor.map_or(Ok(ByJoining::START), ByJoining::read)?;
        // One more than is shown tells whether there is a next page.
        let one_more = i64::try_from(limit.get() + 1).unwrap_or(i64::MAX);
        let mut members = self.context.store.members(group, after.0, one_more).await.map_err(unavailable)?;
        let more = members.len() > limit.get();
        members.truncate(limit.get());
        let next = members.last().filter(|_| more).map(|(revision, _)| ByJoining(*revision).write());
        Ok(Page { entries: members.into_iter().map(|(_, membership)| membership).collect(), next })
    }
}
