//! What became of the messages on their way to web hooks.

use actix_web::{HttpResponse, web::Data};
use engine_interfaces::{Chat, Right, Webhooks};

use super::Answer;
use crate::{
    current_user::CurrentUser,
    errors::{self, Refusals},
    params::{DeliveryPath, ListParams, WebhookPath},
    serializers::{DeliveriesSerializer, DeliverySerializer},
};

/// List a web hook's deliveries
///
/// Those of the newest messages first; old ones are forgotten. Owners and admins.
#[utoipa::path(
    get,
    path = "/api/v1/groups/{id}/webhooks/{webhook_id}/deliveries",
    operation_id = "list_deliveries",
    tag = "webhooks",
    security(("bearer" = []), ("basic" = [])),
    params(WebhookPath, ListParams),
    responses(
        (status = 200, description = "A page of deliveries", body = DeliveriesSerializer<'_>),
        Refusals<(
            errors::Path, errors::Authenticated, errors::Group, errors::Webhook, errors::Forbids, errors::Paged,
            errors::Limited, errors::Stored,
        )>,
    ),
)]
pub(crate) async fn index(
    chat: Data<dyn Chat>,
    webhooks: Data<dyn Webhooks>,
    CurrentUser(user): CurrentUser,
    WebhookPath { id, webhook_id }: WebhookPath,
    page: ListParams,
) -> Answer {
    chat.authorize(user, id, Right::ManageWebhooks).await?;
    let deliveries = webhooks.list_deliveries(id, webhook_id, page.limit, page.cursor.as_ref()).await?;
    Ok(HttpResponse::Ok().json(DeliveriesSerializer {
        deliveries: deliveries.entries.iter().map(DeliverySerializer::from).collect(),
        page: deliveries.next.as_ref().into(),
    }))
}

/// Deliver again
///
/// Soon, and from its first attempt on, whatever became of the delivery. Owners and admins.
#[utoipa::path(
    post,
    path = "/api/v1/groups/{id}/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
    operation_id = "redeliver",
    tag = "webhooks",
    security(("bearer" = []), ("basic" = [])),
    params(DeliveryPath),
    responses(
        (status = 202, description = "Will be tried"),
        Refusals<(
            errors::Path, errors::Authenticated, errors::Group, errors::Webhook, errors::Delivery, errors::Forbids,
            errors::WebhooksSwitch, errors::Limited, errors::Stored,
        )>,
    ),
)]
pub(crate) async fn redeliver(
    chat: Data<dyn Chat>,
    webhooks: Data<dyn Webhooks>,
    CurrentUser(user): CurrentUser,
    DeliveryPath { id, webhook_id, delivery_id }: DeliveryPath,
) -> Answer {
    chat.authorize(user, id, Right::ManageWebhooks).await?;
    webhooks.redeliver(id, webhook_id, delivery_id).await?;
    Ok(HttpResponse::Accepted().finish())
}
