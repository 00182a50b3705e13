//! What keeps one request from hurting others: a time limit, and a stop for panics.

use std::panic::AssertUnwindSafe;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};
use futures_util::FutureExt;

use crate::{
    Settings,
    errors::{ErrorCode, ErrorHandler},
};

/// Answers 504 when the time is over, and 500 when a handler panics. What a handler has begun to write
/// goes on: engines write in tasks of their own.
pub(crate) async fn limit(
    settings: Data<Settings>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let asked = request.request().clone();
    let answer = AssertUnwindSafe(next.call(request)).catch_unwind();
    let code = match tokio::time::timeout(settings.request_timeout, answer).await {
        Ok(Ok(Ok(response))) => return Ok(response.map_into_left_body()),
        Ok(Ok(Err(error))) => return Ok(ServiceResponse::from_err(error, asked).map_into_right_body()),
        Ok(Err(_)) => {
            tracing::error!("a handler panicked");
            ErrorCode::Internal
        }
        Err(_) => ErrorCode::TimedOut,
    };
    Ok(ServiceResponse::from_err(ErrorHandler::from(code), asked).map_into_right_body())
}
