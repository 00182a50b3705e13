//! Which web pages may read answers.

use std::collections::HashSet;

use actix_cors::Cors;
use actix_web::http::{Method, header};

use crate::request_id;

/// For how long a browser may remember a preflight, in seconds.
const MAX_AGE: usize = 3_600;

/// Lets scripts of exactly these origins read answers, without cookies. A request without an origin, such
/// as any program's that is no browser, is none of its business.
pub(crate) fn allow(origins: &[String]) -> Cors {
    let origins: HashSet<Vec<u8>> = origins.iter().map(|origin| origin.clone().into_bytes()).collect();
    Cors::default()
        .allowed_origin_fn(move |origin, _| origins.contains(origin.as_bytes()))
        .allowed_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allowed_headers([
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "If-None-Match",
            request_id::HEADER,
        ])
        .expose_headers([
            header::AUTHORIZATION.as_str(),
            header::LOCATION.as_str(),
            header::ETAG.as_str(),
            request_id::HEADER,
            header::RETRY_AFTER.as_str(),
            "Idempotent-Replayed",
        ])
        .max_age(MAX_AGE)
        .block_on_origin_mismatch(false)
}
