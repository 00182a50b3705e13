//! Signing in and out.

use actix_web::{HttpResponse, HttpResponseBuilder, http::header, web::Data};
use engine_interfaces::{Authentication, Session};

use super::Answer;
use crate::{
    client_address::ClientAddress,
    current_user::CurrentToken,
    errors::{self, Refusals},
    params::SignInBody,
    serializers::SessionSerializer,
};

/// Sign in
///
/// Gives a token for an e-mail address and a password.
#[utoipa::path(
    post,
    path = "/api/v1/users/sign_in",
    operation_id = "sign_in",
    tag = "users",
    request_body = SignInBody,
    responses(
        (status = 200, description = "Signed in", body = SessionSerializer<'_>, headers(
            ("Authorization" = String, description = "`Bearer` and the token"),
        )),
        Refusals<(errors::WrongPassword, errors::Body, errors::Limited, errors::Stored)>,
    ),
)]
pub(crate) async fn create(
    authentication: Data<dyn Authentication>,
    ClientAddress(from): ClientAddress,
    body: SignInBody,
) -> Answer {
    let session = authentication.sign_in(body.read().await?.into(), from).await?;
    Ok(signed_in(HttpResponse::Ok(), &session))
}

/// Sign out
///
/// Revokes the token that is shown and closes its sockets.
#[utoipa::path(
    delete,
    path = "/api/v1/users/sign_out",
    operation_id = "sign_out",
    tag = "users",
    security(("bearer" = [])),
    responses(
        (status = 204, description = "Signed out"),
        Refusals<(errors::Authenticated, errors::Stored)>,
    ),
)]
pub(crate) async fn destroy(
    authentication: Data<dyn Authentication>,
    CurrentToken(token): CurrentToken,
) -> Answer {
    authentication.sign_out(token).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Answers the user and the token, which no cache may keep.
pub(super) fn signed_in(mut response: HttpResponseBuilder, session: &Session) -> HttpResponse {
    response
        .insert_header((header::AUTHORIZATION, format!("Bearer {}", session.token.expose())))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(SessionSerializer::from(session))
}
