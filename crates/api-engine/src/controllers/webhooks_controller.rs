//! Web hooks.

use actix_web::{HttpResponse, web::Data};
use engine_interfaces::{Chat, Right, Webhooks};

use super::{Answer, made};
use crate::{
    current_user::CurrentUser,
    errors::{self, Refusals},
    params::{CreateWebhookBody, GroupPath, IdempotencyKey, WebhookPath},
    serializers::{CreatedWebhookSerializer, WebhooksSerializer},
};

/// List web hooks
///
/// Owners and admins. There are few.
#[utoipa::path(
    get,
    path = "/api/v1/groups/{id}/webhooks",
    operation_id = "list_webhooks",
    tag = "webhooks",
    security(("bearer" = []), ("basic" = [])),
    params(GroupPath),
    responses(
        (status = 200, description = "The group's web hooks", body = WebhooksSerializer<'_>),
        Refusals<(
            errors::Path, errors::Authenticated, errors::Group, errors::Forbids, errors::Limited, errors::Stored,
        )>,
    ),
)]
pub(crate) async fn index(
    chat: Data<dyn Chat>,
    webhooks: Data<dyn Webhooks>,
    CurrentUser(user): CurrentUser,
    GroupPath { id }: GroupPath,
) -> Answer {
    chat.authorize(user, id, Right::ManageWebhooks).await?;
    let found = webhooks.list_webhooks(id).await?;
    Ok(HttpResponse::Ok().json(WebhooksSerializer { webhooks: found.iter().map(Into::into).collect() }))
}

/// Make a web hook
///
/// Each message that is sent from then on is posted to its URL. Owners and admins. Only this answer has the
/// secret that the deliveries are signed with.
#[utoipa::path(
    post,
    path = "/api/v1/groups/{id}/webhooks",
    operation_id = "create_webhook",
    tag = "webhooks",
    security(("bearer" = []), ("basic" = [])),
    params(GroupPath, IdempotencyKey),
    request_body = CreateWebhookBody,
    responses(
        (status = 201, description = "Made", body = CreatedWebhookSerializer<'_>, headers(("Location" = String))),
        (status = 200, description = "A retry: made before", body = CreatedWebhookSerializer<'_>, headers(
            ("Location" = String), ("Idempotent-Replayed" = String),
        )),
        Refusals<(
            errors::Path, errors::Authenticated, errors::Group, errors::Forbids, errors::WebhooksSwitch, errors::Body,
            errors::Conflicts, errors::ManyWebhooks, errors::Limited, errors::Stored,
        )>,
    ),
)]
pub(crate) async fn create(
    chat: Data<dyn Chat>,
    webhooks: Data<dyn Webhooks>,
    CurrentUser(user): CurrentUser,
    GroupPath { id }: GroupPath,
    key: IdempotencyKey,
    body: CreateWebhookBody,
) -> Answer {
    let draft = body.read().await?.into_draft(key)?;
    chat.authorize(user, id, Right::ManageWebhooks).await?;
    let created = webhooks.create_webhook(user, id, draft).await?;
    let location = format!("/api/v1/groups/{id}/webhooks/{}", created.webhook.id);
    Ok(made(created.replayed, &location, &CreatedWebhookSerializer::from(&created)))
}

/// End a web hook
///
/// What is on its way is given up, and its deliveries are forgotten. Owners and admins.
#[utoipa::path(
    delete,
    path = "/api/v1/groups/{id}/webhooks/{webhook_id}",
    operation_id = "delete_webhook",
    tag = "webhooks",
    security(("bearer" = []), ("basic" = [])),
    params(WebhookPath),
    responses(
        (status = 204, description = "Ended"),
        Refusals<(
            errors::Path, errors::Authenticated, errors::Group, errors::Webhook, errors::Forbids, errors::Limited,
            errors::Stored,
        )>,
    ),
)]
pub(crate) async fn destroy(
    chat: Data<dyn Chat>,
    webhooks: Data<dyn Webhooks>,
    CurrentUser(user): CurrentUser,
    WebhookPath { id, webhook_id }: WebhookPath,
) -> Answer {
    chat.authorize(user, id, Right::ManageWebhooks).await?;
    webhooks.delete_webhook(id, webhook_id).await?;
    Ok(HttpResponse::NoContent().finish())
}
