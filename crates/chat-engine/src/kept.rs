//! What the rings read again when hints got lost on their way to them.

use std::sync::Arc;

use async_trait::async_trait;
use engine_interfaces::{ChatError, Kept, KeptCursor, KeptMessages, Seq, Timestamp};

use crate::{ChatEngine, store::unavailable};

/// How many ranges of the outbox are one page.
const RANGES_AT_ONCE: usize = 500;

/// Before anything was announced.
const LONG_AGO: Timestamp = Timestamp::EPOCH;

#[async_trait]
impl KeptMessages for ChatEngine {
    async fn kept(
        &self,
        since: Option<Timestamp>,
        until: Timestamp,
        after: Option<KeptCursor>,
    ) -> Result<Kept, ChatError> {
        let store = &self.context.store;
        let since = since.unwrap_or(LONG_AGO);
        let page = store.kept(since, until, after, RANGES_AT_ONCE as i64).await.map_err(unavailable)?;
        let mut messages = Vec::new();
        for stored in &page {
            let range = stored.range;
            let log =
                store.log(range.group, Seq(range.first - 1), range.count()).await.map_err(unavailable)?;
            messages.extend(log.into_iter().map(Arc::new));
        }
        let full = page.len() == RANGES_AT_ONCE;
        Ok(Kept { messages, next: page.last().filter(|_| full).map(|stored| stored.cursor()) })
    }

    async fn announced(&self, at: Timestamp) -> Result<Option<Timestamp>, ChatError> {
        let store = &self.context.store;
        if store.any_unpublished(at).await.map_err(unavailable)? {
            return Ok(None);
        }
        let last = store.last_published(at).await.map_err(unavailable)?;
        // What is no longer kept was announced, and handled, long ago.
        Ok(Some(last.unwrap_or(LONG_AGO)))
    }
}
