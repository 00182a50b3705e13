//! Making a web hook.

use engine_interfaces::{
    CreatedWebhook, GroupId, Seq, UserId, Violation, Webhook, WebhookDraft, WebhookId, WebhooksError,
};

use super::{WebhookEngine, engine::unavailable, secret, target::Target};
use crate::store::StoredWebhook;

/// Makes a web hook.
pub(crate) struct CreateService<'a> {
    engine: &'a WebhookEngine,
}

impl<'a> CreateService<'a> {
    pub(crate) fn new(engine: &'a WebhookEngine) -> Self {
        Self { engine }
    }

    /// Makes a web hook that gets what is sent from now on. The same draft again, from the same user, answers
    /// what it made the first time.
    pub(crate) async fn call(
        &self,
        user: UserId,
        group: GroupId,
        WebhookDraft { id, url }: WebhookDraft,
    ) -> Result<CreatedWebhook, WebhooksError> {
        let WebhookEngine { store, clock, settings, addresses, .. } = self.engine;
        if !settings.enabled {
            return Err(WebhooksError::Off);
        }
        Target::parse(&url, addresses)
            .map_err(|rule| WebhooksError::Invalid(vec![Violation::new("url", rule)]))?;
        if let Some(id) = id
            && let Some(first) = store.webhook(group, id).await.map_err(unavailable)?
        {
            return replay(first, user, &url);
        }

        let id = id.unwrap_or_else(|| WebhookId(clock.new_id()));
        let secret = secret::generate().map_err(unavailable)?;
        let webhook = Webhook { id, group_id: group, url, created_by: Some(user), created_at: clock.now() };
        let new = StoredWebhook {
            webhook: webhook.clone(),
            secret: secret.clone(),
            after_seq: self.last_seq(group).await?,
        };
        let most = i64::try_from(settings.per_group).unwrap_or(i64::MAX);
        if store.insert_webhook(new, most).await.map_err(unavailable)? {
            return Ok(CreatedWebhook { webhook, secret, replayed: false });
        }
        // The group has enough of them, or the same draft came twice at once.
        match store.webhook(group, id).await.map_err(unavailable)? {
            Some(first) => replay(first, user, &webhook.url),
            None => Err(WebhooksError::TooManyWebhooks),
        }
    }

    /// Where the group's log ends. A group that is gone has no messages to come.
    async fn last_seq(&self, group: GroupId) -> Result<Seq, WebhooksError> {
        let heads = self.engine.chat.heads(&[group]).await.map_err(unavailable)?;
        Ok(heads.first().map_or(Seq::ZERO, |head| head.last_seq))
    }
}

/// The answer to a retry, which an answer that was lost may have made necessary: so it has the secret.
fn replay(first: StoredWebhook, user: UserId, url: &str) -> Result<CreatedWebhook, WebhooksError> {
    let StoredWebhook { webhook, secret, .. } = first;
    if webhook.created_by != Some(user) || webhook.url != url {
        return Err(WebhooksError::IdTaken);
    }
    Ok(CreatedWebhook { webhook, secret, replayed: true })
}
