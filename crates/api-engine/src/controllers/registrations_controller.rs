//! Accounts are made here.

use actix_web::{HttpResponse, http::header, web::Data};
use engine_interfaces::Authentication;

use super::{Answer, sessions_controller::signed_in};
use crate::{
    client_address::ClientAddress,
    errors::{self, Refusals},
    params::SignUpBody,
    serializers::SessionSerializer,
};

/// Where every answer leads that made an account.
const ME: header::HeaderValue = header::HeaderValue::from_static("/api/v1/users/me");

/// Sign up
///
/// Makes an account and signs its user in.
#[utoipa::path(
    post,
    path = "/api/v1/users",
    operation_id = "sign_up",
    tag = "users",
    request_body = SignUpBody,
    responses(
        (status = 201, description = "Signed up and in", body = SessionSerializer<'_>, headers(
            ("Location" = String, description = "The user"),
            ("Authorization" = String, description = "`Bearer` and the token"),
        )),
        Refusals<(errors::SignUp, errors::Body, errors::Limited, errors::Stored)>,
    ),
)]
pub(crate) async fn create(
    authentication: Data<dyn Authentication>,
    ClientAddress(from): ClientAddress,
    body: SignUpBody,
) -> Answer {
    let session = authentication.sign_up(body.read().await?.into(), from).await?;
    let mut response = signed_in(HttpResponse::Created(), &session);
    response.headers_mut().insert(header::LOCATION, ME);
    Ok(response)
}

/// Come as a guest
///
/// Makes a throw-away account, without address and password, and signs its user in for a day; then it is erased. A guest
/// invites nobody, adds nobody but other guests, and makes no web hooks. A body is not read.
#[utoipa::path(
    post,
    path = "/api/v1/users/guest",
    operation_id = "sign_up_guest",
    tag = "users",
    responses(
        (status = 201, description = "Signed up and in", body = SessionSerializer<'_>, headers(
            ("Location" = String, description = "The user"),
            ("Authorization" = String, description = "`Bearer` and the token"),
        )),
        Refusals<(errors::GuestsSwitch, errors::Limited, errors::Stored)>,
    ),
)]
pub(crate) async fn create_guest(
    authentication: Data<dyn Authentication>,
    ClientAddress(from): ClientAddress,
) -> Answer {
    let session = authentication.sign_up_guest(from).await?;
    let mut response = signed_in(HttpResponse::Created(), &session);
    response.headers_mut().insert(header::LOCATION, ME);
    Ok(response)
}
