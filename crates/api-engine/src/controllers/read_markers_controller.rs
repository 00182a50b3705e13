//! How far users have read.

use actix_web::{HttpResponse, web::Data};
use engine_interfaces::Chat;

use super::Answer;
use crate::{
    current_user::CurrentUser,
    errors::{self, Refusals},
    params::{GroupPath, ReadBody, ReadParams},
};

/// Mark as read
///
/// Moves the caller's marker forward, never back. The answer comes after the commit.
#[utoipa::path(
    put,
    path = "/api/v1/groups/{id}/read",
    operation_id = "mark_read",
    tag = "messages",
    security(("bearer" = []), ("basic" = [])),
    params(GroupPath),
    request_body = ReadBody,
    responses(
        (status = 204, description = "Marked"),
        Refusals<(errors::Path, errors::Authenticated, errors::Group, errors::Body, errors::Limited, errors::Stored)>,
    ),
)]
pub(crate) async fn update(
    chat: Data<dyn Chat>,
    CurrentUser(user): CurrentUser,
    GroupPath { id }: GroupPath,
    body: ReadBody,
) -> Answer {
    let ReadParams { seq } = body.read().await?;
    chat.mark_read(user, id, seq).await?;
    Ok(HttpResponse::NoContent().finish())
}
