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
use engine_interfaces::Clock;
use tracing::{Instrument, field::Empty};

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
    actix_web::rt::spawn(REQUEST_ID.scope(id, work).in_current_span())
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
    let span = tracing::info_span!(
        "request",
        request.id = id,
        trace.id = trace_id(request.headers()),
        http.route = Empty,
        user.id = Empty,
    );
    let header = HeaderValue::from_str(&id);

    let mut response = REQUEST_ID.scope(id, next.call(request)).instrument(span).await?;
    if let Ok(header) = header {
        response.headers_mut().insert(HeaderName::from_static(HEADER), header);
    }
    Ok(response)
}

fn is_sane(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=MAX_LENGTH).contains(&id.len()) && id.bytes().all(allowed)
}

/// The id of the trace that the caller says the request is a part of: a `traceparent` as W3C has it.
fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let parent = headers.get("traceparent")?.to_str().ok()?;
    let mut parts = parent.split('-');
    let (version, id) = (parts.next()?, parts.next()?);
    let hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let good = version.len() == 2 && hex(version) && version != "ff" && id.len() == 32 && hex(id);
    (good && id.bytes().any(|byte| byte != b'0')).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_id_is_taken_from_a_good_parent_only() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static("traceparent"), HeaderValue::from_str(value).unwrap());
            trace_id(&headers).map(str::to_owned)
        };
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(read(&format!("00-{id}-00f067aa0ba902b7-01")).unwrap(), id);
        for bad in [
            String::new(),
            id.to_owned(),
            format!("ff-{id}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", id.to_uppercase()),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            "00-secret-00f067aa0ba902b7-01".to_owned(),
        ] {
            assert_eq!(read(&bad), None, "{bad}");
        }
    }

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
