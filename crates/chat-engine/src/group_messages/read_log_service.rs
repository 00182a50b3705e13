//! A group's log, for real time.

use std::sync::Arc;

use engine_interfaces::{ChatError, GroupId, GroupMessage, Limit, Seq};

use crate::{context::Context, store::unavailable};

/// Reads a group's log.
pub(crate) struct ReadLogService<'a> {
    context: &'a Context,
}

impl<'a> ReadLogService<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// What follows `after`, oldest first; nothing of a group that is deleted.
    pub(crate) async fn call(
        &self,
        group: GroupId,
        after: Seq,
        limit: Limit,
    ) -> Result<Vec<Arc<GroupMessage>>, ChatError> {
        let limit = i64::try_from(limit.get()).unwrap_or(i64::MAX);
        let messages = self.context.store.log(group, after, limit).await.map_err(unavailable)?;
        Ok(messages.into_iter().map(Arc::new).collect())
    }
}
