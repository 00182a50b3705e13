//! The user who is signed in.

use actix_web::{HttpResponse, web::Data};
use engine_interfaces::Authentication;

use super::Answer;
use crate::{
    client_address::ClientAddress,
    current_user::{CurrentIdentity, CurrentUser},
    errors::{self, Refusals},
    etag,
    params::ProfileBody,
    serializers::UserSerializer,
};

/// Show me
#[utoipa::path(
    get,
    path = "/api/v1/users/me",
    operation_id = "show_me",
    tag = "users",
    security(("bearer" = []), ("basic" = [])),
    responses(
        (status = 200, description = "The caller", body = UserSerializer<'_>),
        Refusals<(errors::Authenticated, errors::Limited, errors::Stored)>,
    ),
)]
pub(crate) async fn show(authentication: Data<dyn Authentication>, CurrentUser(user): CurrentUser) -> Answer {
    let user = authentication.show_user(user).await?;
    Ok(etag::private().json(UserSerializer::from(&user)))
}

/// Change me
///
/// A new password refuses all other tokens and closes their sockets.
#[utoipa::path(
    patch,
    path = "/api/v1/users/me",
    operation_id = "update_me",
    tag = "users",
    security(("bearer" = []), ("basic" = [])),
    request_body = ProfileBody,
    responses(
        (status = 200, description = "The caller, changed", body = UserSerializer<'_>),
        Refusals<(errors::Authenticated, errors::Body, errors::Limited, errors::Stored)>,
    ),
)]
pub(crate) async fn update(
    authentication: Data<dyn Authentication>,
    CurrentIdentity(identity): CurrentIdentity,
    ClientAddress(from): ClientAddress,
    body: ProfileBody,
) -> Answer {
    let user = authentication.update_user(identity, body.read().await?.into(), from).await?;
    Ok(HttpResponse::Ok().json(UserSerializer::from(&user)))
}
