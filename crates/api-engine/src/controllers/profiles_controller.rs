//! The user who is signed in.

use actix_web::{HttpResponse, web::Data};
use engine_interfaces::{Accounts, Authentication};

use super::Answer;
use crate::{
    client_address::ClientAddress,
    current_user::{CurrentIdentity, CurrentUser},
    errors::{self, Refusals},
    etag,
    params::{EraseBody, EraseParams, ProfileBody},
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
/// A new password refuses all other tokens and closes their sockets. A guest stays as they are.
#[utoipa::path(
    patch,
    path = "/api/v1/users/me",
    operation_id = "update_me",
    tag = "users",
    security(("bearer" = []), ("basic" = [])),
    request_body = ProfileBody,
    responses(
        (status = 200, description = "The caller, changed", body = UserSerializer<'_>),
        Refusals<(errors::Authenticated, errors::Forbids, errors::Body, errors::Limited, errors::Stored)>,
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

/// Erase me
///
/// Nobody can sign in to the account from now on, and nobody finds its name; its tokens are refused and its
/// sockets closed. In the background the caller leaves all groups, their messages lose text and author, and
/// what else is held of them is removed. A group without another owner passes to its longest-serving admin, else
/// member; one without anybody is deleted. A guest needs no password.
#[utoipa::path(
    delete,
    path = "/api/v1/users/me",
    operation_id = "erase_me",
    tag = "users",
    security(("bearer" = []), ("basic" = [])),
    request_body = EraseBody,
    responses(
        (status = 202, description = "The account has ended; the rest follows"),
        Refusals<(errors::Authenticated, errors::Body, errors::Limited, errors::Stored)>,
    ),
)]
pub(crate) async fn destroy(
    accounts: Data<dyn Accounts>,
    CurrentIdentity(identity): CurrentIdentity,
    ClientAddress(from): ClientAddress,
    body: EraseBody,
) -> Answer {
    let EraseParams { current_password } = body.read().await?;
    accounts.erase_account(identity, current_password, from).await?;
    Ok(HttpResponse::Accepted().finish())
}
