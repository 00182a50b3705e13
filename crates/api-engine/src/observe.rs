//! What is counted about every request.

use std::time::Instant;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
};

/// Counts and times requests by method, route template and status: `parlour_http_requests_total` and
/// `parlour_http_request_duration_seconds`. No label has a value that a client can make up.
pub(crate) async fn count(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let method = method(request.method());

    let response = next.call(request).await?;

    let route = response.request().match_pattern().unwrap_or_else(|| "none".into());
    let status = response.status();
    let took = began.elapsed();
    tracing::Span::current().record("http.route", &route);
    tracing::debug!(method, route, status = status.as_u16(), ?took, "answered");
    let labels = [("method", method.to_owned()), ("route", route), ("status", status.as_str().to_owned())];
    metrics::counter!("parlour_http_requests_total", &labels).increment(1);
    metrics::histogram!("parlour_http_request_duration_seconds", &labels).record(took.as_secs_f64());
    Ok(response)
}

fn method(method: &Method) -> &'static str {
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
