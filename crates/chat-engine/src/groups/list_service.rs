//! Listing a user's groups.

use std::{cmp::Reverse, collections::HashMap};

use engine_interfaces::{ChatError, Cursor, Group, GroupId, Limit, Page, UserId};

use crate::{context::Context, cursor::ByActivity, store::unavailable};

/// Lists a user's groups.
pub(crate) struct ListService<'a> {
    context: &'a Context,
}

impl<'a> ListService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// A page of the groups that `user` is in, latest activity first.
    ///
    /// In steps, each by key, and never by a join of the user's side with the groups': the user's links; of
    /// those the latest that they are in; of these the page, whole.
    pub(crate) async fn call(
        &self,
        user: UserId,
        limit: Limit,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Group>, ChatError> {
        let before = cursor.map(ByActivity::read).transpose()?;
        let links: Vec<_> = self.context.links(&[user]).await?.into_iter().map(|(_, group)| group).collect();
        // One more than is shown tells whether there is a next page.
        let one_more = i64::try_from(limit.get() + 1).unwrap_or(i64::MAX);
        let latest = self.context.store.latest(user, &links, before, one_more).await;
        let mut places = latest.map_err(unavailable)?;
        places.sort_unstable_by_key(|place| Reverse(*place));
        let more = places.len() > limit.get();
        places.truncate(limit.get());

        let ids: Vec<_> = places.iter().map(|ByActivity(_, group)| *group).collect();
        let groups = self.context.store.groups(user, &ids).await.map_err(unavailable)?;
        let mut groups: HashMap<GroupId, Group> = groups.into_iter().map(|group| (group.id, group)).collect();
        Ok(Page {
            entries: ids.iter().filter_map(|id| groups.remove(id)).collect(),
            next: places.last().filter(|_| more).map(|last| last.write()),
        })
    }
}
