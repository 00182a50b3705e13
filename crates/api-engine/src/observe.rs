//! What is counted about every request.

use std::time::Instant;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode},
    middleware::Next,
    web::Data,
};

use crate::{meters::Meters, routes::Template};

/// Counts and times requests by method, route template and class of status.
pub(crate) async fn count(
    meters: Data<Meters>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let method = method(request.method());
    let _in_flight = meters.begin();

    let response = next.call(request).await?;

    let route = Template::of(response.request()).unwrap_or("none");
    let status = response.status();
    let took = began.elapsed();
    tracing::Span::current().record("http.route", route);
    tracing::debug!(method, route, status = status.as_u16(), ?took, "answered");
    meters.answered(method, route, class(status), took.as_secs_f64());
    Ok(response)
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

pub(crate) fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}
