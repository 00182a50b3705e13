//! Which web pages may read answers.

use actix_web::{
    Error, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderValue},
    },
    middleware::Next,
    web::Data,
};

use crate::Settings;

const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";
const ACCEPTED: &str = "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Request-Id";
const EXPOSED: &str = "Authorization, Location, ETag, X-Request-Id, Retry-After, Idempotent-Replayed";
/// For how long a browser may remember what it may send, in seconds.
const MAX_AGE: &str = "3600";

/// Lets scripts of exactly the allowed origins read answers, without cookies.
///
/// Nobody is refused here: for whoever is not allowed, and for every program that is no browser, the API
/// answers as if there were no such thing, with errors of its own, and a browser keeps the answer to itself.
pub(crate) async fn allow(
    settings: Data<Settings>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let origin = request.headers().get(header::ORIGIN);
    let origin = origin
        .filter(|origin| {
            settings.allowed_origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
        })
        .cloned();
    let asks_first = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);

    let mut response = if asks_first && origin.is_some() {
        let allowed = HttpResponse::NoContent()
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, ACCEPTED))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE))
            .finish();
        request.into_response(allowed).map_into_right_body()
    } else {
        next.call(request).await?.map_into_left_body()
    };

    let headers = response.headers_mut();
    // Beside what an answer depends on by itself.
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
    Ok(response)
}
