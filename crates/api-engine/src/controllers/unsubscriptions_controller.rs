//! Turning mail off by the link in it, without signing in.

use actix_web::{HttpResponse, http::header, web::Data};
use engine_interfaces::Notifications;

use super::Answer;
use crate::{
    errors::{self, ErrorCode, Refusals},
    params::UnsubscribePath,
};

const ASK: &str = include_str!("pages/unsubscribe.html");
const DONE: &str = include_str!("pages/unsubscribed.html");
/// The button goes back to where the page is from; nothing else is loaded.
const POLICY: &str = "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The page that a link in mail leads to
///
/// With a button: whatever looks links through turns nothing off.
#[utoipa::path(
    get,
    path = "/unsubscribe/{token}",
    operation_id = "show_unsubscription",
    tag = "notifications",
    params(UnsubscribePath),
    responses(
        (status = 200, description = "A page", body = String, content_type = "text/html"),
        Refusals<(errors::Path, errors::Nothing)>,
    ),
)]
pub(crate) async fn show(
    notifications: Data<dyn Notifications>,
    UnsubscribePath { token }: UnsubscribePath,
) -> Answer {
    notifications.unsubscriber(&token).ok_or(ErrorCode::PathNotFound)?;
    Ok(page(ASK))
}

/// Turn off all mail
///
/// One click, as RFC 8058 has it: the token in the path is all that counts, and the body is not read.
#[utoipa::path(
    post,
    path = "/unsubscribe/{token}",
    operation_id = "unsubscribe",
    tag = "notifications",
    params(UnsubscribePath),
    responses(
        (status = 200, description = "There will be no more mail", body = String, content_type = "text/html"),
        Refusals<(errors::Path, errors::Nothing, errors::Stored)>,
    ),
)]
pub(crate) async fn create(
    notifications: Data<dyn Notifications>,
    UnsubscribePath { token }: UnsubscribePath,
) -> Answer {
    let user = notifications.unsubscriber(&token).ok_or(ErrorCode::PathNotFound)?;
    notifications.set_wants_digests(user, false).await?;
    Ok(page(DONE))
}

fn page(text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        // The address is a secret of its user's.
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/html; charset=utf-8")
        .body(text)
}
