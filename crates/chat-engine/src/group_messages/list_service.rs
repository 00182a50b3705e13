//! Pages of a group's messages.

use std::sync::Arc;

use engine_interfaces::{
    ChatError, GroupId, GroupMessage, GroupVersion, Limit, MessagePage, Range, Seq, UserId,
};

use crate::{context::Context, store::unavailable};

/// Reads pages of a group's messages.
pub(crate) struct ListService<'a> {
    context: &'a Context,
}

impl<'a> ListService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// A page of the messages of a group that `user` is in.
    pub(crate) async fn call(
        &self,
        user: UserId,
        group: GroupId,
        range: Range,
        limit: Limit,
    ) -> Result<MessagePage, ChatError> {
        // The version is asked for first, whether memory has the group or not: what an answer costs tells nobody of it.
        let version = self.context.membership(user, group).await?;
        let messages = match range {
            Range::Newest => self.newest(group, version, limit).await?,
            Range::After(seq) if seq >= version.last_seq => Vec::new(),
            range => self.read(group, range, limit).await?,
        };
        Ok(MessagePage { version, messages })
    }

    /// From memory, where it has them; what came since is read, and remembered.
    async fn newest(
        &self,
        group: GroupId,
        version: GroupVersion,
        limit: Limit,
    ) -> Result<Vec<Arc<GroupMessage>>, ChatError> {
        let recent = &self.context.recent;
        let page = || recent.tail(group, version.revision)?.page(version.last_seq, limit);
        if let Some(page) = page() {
            return Ok(page);
        }
        if let Some(end) = recent.tail(group, version.revision).map(|tail| tail.end())
            && is_near(end, version.last_seq, limit)
        {
            let missed = self.read(group, Range::After(end), limit).await?;
            recent.extend(&missed);
            if let Some(page) = page() {
                return Ok(page);
            }
        }
        let newest = self.read(group, Range::Newest, limit).await?;
        recent.keep(group, version, &newest);
        Ok(newest)
    }

    async fn read(
        &self,
        group: GroupId,
        range: Range,
        limit: Limit,
    ) -> Result<Vec<Arc<GroupMessage>>, ChatError> {
        self.context.store.messages(group, range, rows(limit)).await.map_err(unavailable)
    }
}

/// Would reading on from `end` be less than reading a page?
fn is_near(end: Seq, last: Seq, limit: Limit) -> bool {
    end < last && last.0 - end.0 < rows(limit)
}

/// How many rows that is.
fn rows(limit: Limit) -> i64 {
    i64::try_from(limit.get()).unwrap_or(i64::MAX)
}
