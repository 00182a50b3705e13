//! Whether users want mail.

use actix_web::{HttpResponse, web::Data};
use engine_interfaces::Notifications;

use super::Answer;
use crate::{
    current_user::CurrentUser,
    errors::{self, Refusals},
    params::{MailPreferenceBody, MailPreferenceParams},
    serializers::MailPreferenceSerializer,
};

/// Show whether I want mail
#[utoipa::path(
    get,
    path = "/api/v1/users/me/notifications",
    operation_id = "show_my_notifications",
    tag = "notifications",
    security(("bearer" = []), ("basic" = [])),
    responses(
        (status = 200, description = "Whether the caller wants mail", body = MailPreferenceSerializer),
        Refusals<(errors::Authenticated, errors::Limited, errors::Stored)>,
    ),
)]
pub(crate) async fn show(notifications: Data<dyn Notifications>, CurrentUser(user): CurrentUser) -> Answer {
    let digests = notifications.wants_digests(user).await?;
    Ok(HttpResponse::Ok().json(MailPreferenceSerializer { digests }))
}

/// Change whether I want mail
#[utoipa::path(
    put,
    path = "/api/v1/users/me/notifications",
    operation_id = "update_my_notifications",
    tag = "notifications",
    security(("bearer" = []), ("basic" = [])),
    request_body = MailPreferenceBody,
    responses(
        (status = 200, description = "Whether the caller wants mail", body = MailPreferenceSerializer),
        Refusals<(errors::Authenticated, errors::Body, errors::Limited, errors::Stored)>,
    ),
)]
pub(crate) async fn update(
    notifications: Data<dyn Notifications>,
    CurrentUser(user): CurrentUser,
    body: MailPreferenceBody,
) -> Answer {
    let MailPreferenceParams { digests } = body.read().await?;
    notifications.set_wants_digests(user, digests).await?;
    Ok(HttpResponse::Ok().json(MailPreferenceSerializer { digests }))
}
