//! One id per request: in the answer, in an error's body and on every log line.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    rt::task::JoinHandle,
    web::Data,
};
use engine_interfaces::{Clock, Traceparent};
use traces::Span;
use tracing::{Instrument, field::Empty};

use crate::{observe, routes::Template};

/// The header that carries the id, in both directions.
pub(crate) const HEADER: &str = "x-request-id";

/// The longest id that is taken from a caller.
const MAX_LENGTH: usize = 128;

tokio::task_local! {
    static REQUEST_ID: String;
}

/// The id of the request that is being answered.
pub(crate) fn current() -> Option<String> {
    REQUEST_ID.try_with(Clone::clone).ok()
}

/// Starts `work` as a task of its own, which goes on when nobody waits for it any more, under the same id.
pub(crate) fn spawn<T: 'static>(work: impl Future<Output = T> + 'static) -> JoinHandle<T> {
    let id = current().unwrap_or_default();
    let work = Span::current().run(REQUEST_ID.scope(id, work));
    actix_web::rt::spawn(work.in_current_span())
}

/// Answers with the caller's id where it is a sane one, else with a new one.
pub(crate) async fn track(
    clock: Data<dyn Clock>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let theirs = request.headers().get(HEADER).and_then(|id| id.to_str().ok());
    let id = match theirs {
        Some(id) if is_sane(id) => id.to_owned(),
        _ => clock.new_id().to_string(),
    };
    let caller = traceparent(request.headers());
    let trace = Span::request(caller);
    let trace_id = trace.traceparent().or(caller).map(|parent| parent.trace_id());
    let span = tracing::info_span!(
        "request",
        request.id = id,
        trace.id = trace_id,
        http.route = Empty,
        user.id = Empty,
    );
    let header = HeaderValue::from_str(&id);
    if trace.is_recorded() {
        trace.set("parlour.request.id", id.clone());
    }

    let answer = trace.run(REQUEST_ID.scope(id, next.call(request))).instrument(span).await;
    tell(&trace, answer.as_ref());
    let mut response = answer?;
    if let Ok(header) = header {
        response.headers_mut().insert(HeaderName::from_static(HEADER), header);
    }
    Ok(response)
}

fn is_sane(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=MAX_LENGTH).contains(&id.len()) && id.bytes().all(allowed)
}

/// The trace that the caller says the request is a part of.
fn traceparent(headers: &HeaderMap) -> Option<Traceparent> {
    headers.get(Traceparent::NAME)?.to_str().ok()?.parse().ok()
}

/// Ends the request's span. Its path is not told, in which an invitation's code may be.
fn tell<B>(trace: &Span, answer: Result<&ServiceResponse<B>, &Error>) {
    if !trace.is_recorded() {
        return;
    }
    if let Ok(response) = answer {
        let method = observe::method(response.request().method());
        match Template::of(response.request()) {
            Some(route) => {
                trace.rename(format!("{method} {route}"));
                trace.set("http.route", route);
            }
            None => trace.rename(method.to_owned()),
        }
        trace.set("http.request.method", method);
        trace.set("http.response.status_code", i64::from(response.status().as_u16()));
    }
    if answer.map_or(true, |response| response.status().is_server_error()) {
        trace.fail();
    }
    trace.end();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_id_is_taken_only_when_it_is_short_and_plain() {
        assert!(is_sane("a"));
        assert!(is_sane("0197-A.b_c"));
        assert!(is_sane(&"x".repeat(128)));
        for bad in ["", "a b", "a\n", "ä", "{}", "a/b", &"x".repeat(129)] {
            assert!(!is_sane(bad), "{bad:?}");
        }
    }
}
