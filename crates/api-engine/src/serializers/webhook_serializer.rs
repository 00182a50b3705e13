//! Web hooks.

use engine_interfaces::{CreatedWebhook, GroupId, Timestamp, UserId, Webhook, WebhookId};
use serde::Serialize;
use utoipa::ToSchema;

/// Where a group's messages are posted to.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(crate) struct WebhookSerializer<'a> {
    /// Unique within the group.
    #[schema(value_type = Uuid)]
    id: WebhookId,
    #[schema(value_type = Uuid)]
    group_id: GroupId,
    /// The receiver.
    url: &'a str,
    /// Who made it; none once they are erased.
    #[schema(value_type = Option<Uuid>, required = true)]
    created_by: Option<UserId>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl<'a> From<&'a Webhook> for WebhookSerializer<'a> {
    fn from(webhook: &'a Webhook) -> Self {
        let Webhook { id, group_id, url, created_by, created_at } = webhook;
        Self { id: *id, group_id: *group_id, url, created_by: *created_by, created_at: *created_at }
    }
}

/// A group's web hooks.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhooks)]
pub(crate) struct WebhooksSerializer<'a> {
    pub(crate) webhooks: Vec<WebhookSerializer<'a>>,
}

/// A web hook that was just made, and what its deliveries are signed with.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedWebhook)]
pub(crate) struct CreatedWebhookSerializer<'a> {
    #[serde(flatten)]
    webhook: WebhookSerializer<'a>,
    /// What the deliveries are signed with: `whsec_`, then the key in base64.
    secret: &'a str,
}

impl<'a> From<&'a CreatedWebhook> for CreatedWebhookSerializer<'a> {
    fn from(created: &'a CreatedWebhook) -> Self {
        let CreatedWebhook { webhook, secret, replayed: _ } = created;
        // Shown to who made it, this once.
        Self { webhook: webhook.into(), secret: secret.expose() }
    }
}
