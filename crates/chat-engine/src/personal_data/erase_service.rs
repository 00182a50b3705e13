//! Erasing a user.

use std::collections::{BTreeMap, BTreeSet};

use database::detached;
use engine_interfaces::{
    BoxError, Control, Erasure, GROUP_MESSAGE, GroupId, GroupMessage, GroupMessageId, JobId, MemberChange,
    Role, Seq, Timestamp, UserId, UserResource,
};

use super::ChatData;
use crate::{
    context::Context,
    store::Departure,
    workers::{DeleteGroup, LinkResource},
};

/// Erases a user: takes them out of their groups, leaves a tombstone of each message, and removes the links.
///
/// The order is what makes it safe to be ended anywhere: the links go last, so that the next call finds what
/// this one did not come to.
pub(crate) struct EraseService<'a> {
    data: &'a ChatData,
    context: &'a Context,
}

impl<'a> EraseService<'a> {
    pub(crate) fn new(data: &'a ChatData) -> Self {
        Self { data, context: &data.context }
    }

    /// Erases `user`, whose account ended at `since`. `NotYet` while hints of what they sent are on their way:
    /// a hint that comes after an erasure would show the text once more.
    #[tracing::instrument(skip_all, fields(user.id = %user))]
    pub(crate) async fn call(&self, user: UserId, since: Timestamp) -> Result<Erasure, BoxError> {
        let Context { store, resources, settings, .. } = self.context;
        let groups = self.groups(user).await?;
        for (_, group) in store.activities(user, &groups).await? {
            self.depart(user, group).await?;
        }
        let departed = store.last_departure(user, &groups).await?;
        if !self.data.is_settled(user, departed.map_or(since, |at| at.max(since))).await? {
            return Ok(Erasure::NotYet);
        }
        if !settings.trust_links {
            for group in &groups {
                self.erase_log(user, *group).await?;
            }
        }
        self.erase_linked(user).await?;
        for group in groups {
            if !self.forget(user, group).await? {
                // Somebody added them a moment ago.
                return Ok(Erasure::NotYet);
            }
            resources.unlink(&[UserResource::group(user, group)]).await?;
        }
        self.forget_jobs(user).await?;
        Ok(Erasure::Done)
    }

    /// Their groups: those that are linked, and those that are still to be.
    async fn groups(&self, user: UserId) -> Result<Vec<GroupId>, BoxError> {
        let linked = self.context.links(&[user]).await?;
        let mut groups: BTreeSet<_> = linked.into_iter().map(|(_, group)| group).collect();
        let open = self.context.store.open_keys(LinkResource::KIND, &user.to_string()).await?;
        groups.extend(open.iter().filter_map(|key| LinkResource::group_of(key)));
        Ok(groups.into_iter().collect())
    }

    async fn depart(&self, user: UserId, group: GroupId) -> Result<(), BoxError> {
        let context = self.context.clone();
        detached(async move {
            let now = context.clock.now();
            let deletion = DeleteGroup::job(JobId(context.clock.new_id()), group, now);
            let member = |user_id, change, role| Control::Member { group_id: group, user_id, change, role };
            match context.store.depart(group, user, now, deletion).await? {
                Departure::NotIn => {}
                Departure::Ended => context.broker.control(Control::GroupDeleted { group_id: group }),
                Departure::Left(heir) => {
                    context.broker.control(member(user, MemberChange::Left, None));
                    if let Some(heir) = heir {
                        let owner = Some(Role::Owner);
                        context.broker.control(member(heir, MemberChange::Role, owner));
                    }
                }
            }
            Ok(())
        })
        .await
    }

    /// Erases what they wrote in a group, looking through all of its log.
    async fn erase_log(&self, user: UserId, group: GroupId) -> Result<(), BoxError> {
        let Context { store, settings, .. } = self.context;
        let Some(head) = store.heads(&[group]).await?.pop() else {
            return Ok(());
        };
        let (chunk, window) = (settings.personal_page(), settings.personal_window());
        let mut after = Seq::ZERO;
        while after < head.last_seq {
            let through = Seq(after.0.saturating_add(window));
            let own = store.own_messages(group, user, (after, through), chunk.into()).await?;
            after = match own.last() {
                Some(last) if own.len() == usize::from(chunk) => last.seq,
                _ => through,
            };
            self.erase(user, group, own).await?;
        }
        Ok(())
    }

    /// Erases what is linked to them, and removes the links.
    async fn erase_linked(&self, user: UserId) -> Result<(), BoxError> {
        let Context { store, resources, settings, .. } = self.context;
        let chunk = usize::from(settings.personal_page());
        loop {
            let links = resources.resources(user, GROUP_MESSAGE, None, chunk).await?;
            if links.is_empty() {
                return Ok(());
            }
            let mut by_group: BTreeMap<GroupId, Vec<_>> = BTreeMap::new();
            for link in &links {
                by_group.entry(GroupId(link.scope_id)).or_default().push(GroupMessageId(link.resource_id));
            }
            for (group, ids) in by_group {
                let own = store.own_among(group, user, ids).await?;
                self.erase(user, group, own).await?;
            }
            resources.unlink(&links).await?;
        }
    }

    async fn erase(&self, user: UserId, group: GroupId, own: Vec<GroupMessage>) -> Result<(), BoxError> {
        if own.is_empty() {
            return Ok(());
        }
        let context = self.context.clone();
        let seqs: Vec<_> = own.into_iter().map(|message| message.seq.0).collect();
        detached(async move {
            context.store.erase_messages(group, user, &seqs, context.clock.now()).await?;
            for seq in seqs {
                context.broker.control(Control::Erased { group_id: group, seq: Seq(seq) });
            }
            Ok(())
        })
        .await
    }

    async fn forget(&self, user: UserId, group: GroupId) -> Result<bool, BoxError> {
        let store = self.context.store.clone();
        Ok(detached(async move { store.forget_member(group, user).await }).await?)
    }

    /// The jobs that linked them to groups name them for as long as they are kept.
    async fn forget_jobs(&self, user: UserId) -> Result<(), BoxError> {
        let store = self.context.store.clone();
        let of_user = user.to_string();
        Ok(detached(async move { store.remove_jobs(LinkResource::KIND, &of_user).await }).await?)
    }
}
