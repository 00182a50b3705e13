//! Listing a web hook's deliveries.

use engine_interfaces::{Cursor, GroupId, Limit, Page, Seq, WebhookDelivery, WebhookId, WebhooksError};

use super::{WebhookEngine, engine::unavailable};

/// Lists a web hook's deliveries.
pub(crate) struct DeliveriesService<'a> {
    engine: &'a WebhookEngine,
}

impl<'a> DeliveriesService<'a> {
    pub(crate) fn new(engine: &'a WebhookEngine) -> Self {
        Self { engine }
    }

    /// Those of the newest messages first. A cursor is the last one's position.
    pub(crate) async fn call(
        &self,
        group: GroupId,
        webhook: WebhookId,
        limit: Limit,
        cursor: Option<&Cursor>,
    ) -> Result<Page<WebhookDelivery>, WebhooksError> {
        let store = &self.engine.store;
        let before = cursor.map(read).transpose()?;
        let most = limit.get();
        let one_more = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
        let mut entries = store.deliveries(group, webhook, before, one_more).await.map_err(unavailable)?;
        if entries.is_empty() && store.webhook(group, webhook).await.map_err(unavailable)?.is_none() {
            return Err(WebhooksError::WebhookNotFound);
        }
        let more = entries.len() > most;
        entries.truncate(most);
        let next = entries.last().filter(|_| more).map(|last| Cursor(last.seq.to_string()));
        Ok(Page { entries, next })
    }
}

fn read(cursor: &Cursor) -> Result<Seq, WebhooksError> {
    let seq = cursor.0.bytes().all(|byte| byte.is_ascii_digit()).then(|| cursor.0.parse().ok()).flatten();
    seq.map(Seq).ok_or(WebhooksError::BadCursor)
}
