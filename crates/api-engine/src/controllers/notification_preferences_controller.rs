//! What users want to hear of their groups while they are away.

use actix_web::{HttpResponse, web::Data};
use engine_interfaces::{Chat, Notifications};

use super::Answer;
use crate::{
    current_user::CurrentUser,
    errors::{self, Refusals},
    params::{GroupPath, NotificationPreferenceBody},
    serializers::NotificationPreferenceSerializer,
};

/// Show what I hear of a group
///
/// While the caller is away.
#[utoipa::path(
    get,
    path = "/api/v1/groups/{id}/notifications",
    operation_id = "show_notifications",
    tag = "notifications",
    security(("bearer" = []), ("basic" = [])),
    params(GroupPath),
    responses(
        (status = 200, description = "What the caller hears of the group", body = NotificationPreferenceSerializer),
        Refusals<(errors::Path, errors::Authenticated, errors::Group, errors::Limited, errors::Stored)>,
    ),
)]
pub(crate) async fn show(
    chat: Data<dyn Chat>,
    notifications: Data<dyn Notifications>,
    CurrentUser(user): CurrentUser,
    GroupPath { id }: GroupPath,
) -> Answer {
    chat.group_version(user, id).await?;
    let preference = notifications.preference(user, id).await?;
    Ok(HttpResponse::Ok().json(NotificationPreferenceSerializer::new(id, preference)))
}

/// Change what I hear of a group
///
/// While the caller is away. It stays when they leave the group and come back.
#[utoipa::path(
    put,
    path = "/api/v1/groups/{id}/notifications",
    operation_id = "update_notifications",
    tag = "notifications",
    security(("bearer" = []), ("basic" = [])),
    params(GroupPath),
    request_body = NotificationPreferenceBody,
    responses(
        (status = 200, description = "What the caller hears of the group", body = NotificationPreferenceSerializer),
        Refusals<(errors::Path, errors::Authenticated, errors::Group, errors::Body, errors::Limited, errors::Stored)>,
    ),
)]
pub(crate) async fn update(
    chat: Data<dyn Chat>,
    notifications: Data<dyn Notifications>,
    CurrentUser(user): CurrentUser,
    GroupPath { id }: GroupPath,
    body: NotificationPreferenceBody,
) -> Answer {
    let preference = body.read().await?.into();
    chat.group_version(user, id).await?;
    notifications.set_preference(user, id, preference).await?;
    Ok(HttpResponse::Ok().json(NotificationPreferenceSerializer::new(id, preference)))
}
