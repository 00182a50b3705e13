//! The one body of every refusal.

use std::{error::Error, fmt, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use engine_interfaces::{
    AuthError, ChatError, Detail, ErrorCode, NotificationsError, Refusal, Violation, WebhooksError,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::request_id;

/// When to try again after a failure that passes, where nobody knows better.
const SOON: Duration = Duration::from_secs(1);

/// The scheme names that every 401 carries.
const CHALLENGE: &str = r#"Bearer, Basic realm="parlour""#;

/// A refusal: what every action answers when it does not do what was asked.
#[derive(Debug)]
pub(crate) struct ErrorHandler {
    refusal: Refusal,
    retry_after: Option<Duration>,
    allow: Option<String>,
}

/// An error as clients see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ErrorBody<'a> {
    /// The HTTP status, then two digits; keeps its meaning for ever.
    #[schema(minimum = 40_000, maximum = 59_999)]
    code: u32,
    /// What the code is about.
    title: &'a str,
    /// What is wrong, for people.
    message: &'a str,
    /// Which fields are meant.
    #[serde(skip_serializing_if = "<[Detail]>::is_empty")]
    #[schema(required = false, value_type = Vec<DetailBody>)]
    details: &'a [Detail],
    /// The same as the header `X-Request-Id`.
    request_id: String,
}

/// A field, and the rule that it breaks.
#[derive(ToSchema)]
#[schema(as = ErrorDetail)]
#[expect(dead_code, reason = "describes engine_interfaces::Detail, which knows no OpenAPI")]
pub(crate) struct DetailBody {
    /// The field.
    field: &'static str,
    /// The rule: blank, too_long, too_short, format, taken, nul, common, range; missing or type.
    rule: &'static str,
}

impl ErrorHandler {
    /// The input breaks these rules.
    pub(crate) fn invalid(violations: &[Violation]) -> Self {
        Refusal::invalid(violations).into()
    }

    /// A required field, or the root, is missing.
    pub(crate) fn missing(field: &'static str) -> Self {
        Refusal::missing(field).into()
    }

    /// A field has the wrong type.
    pub(crate) fn wrong_type(field: &'static str) -> Self {
        Refusal::wrong_type(field).into()
    }

    /// A parameter that chooses the page is bad.
    pub(crate) fn bad_page(field: &'static str) -> Self {
        Refusal::bad_page(field).into()
    }

    /// The path has other methods than the one that was asked for.
    pub(crate) fn method_not_allowed(allow: String) -> Self {
        Self { allow: Some(allow), ..Self::from(ErrorCode::MethodNotAllowed) }
    }

    /// What an engine refused. The cause of a failure goes to the log and no further.
    fn of(error: &(dyn Error + 'static), refusal: Refusal) -> Self {
        if error.source().is_some() {
            tracing::error!(error, "a request can't be answered");
        }
        refusal.into()
    }
}

impl From<Refusal> for ErrorHandler {
    fn from(refusal: Refusal) -> Self {
        let passes = refusal.code == ErrorCode::Unavailable;
        Self { refusal, retry_after: passes.then_some(SOON), allow: None }
    }
}

impl From<ErrorCode> for ErrorHandler {
    fn from(code: ErrorCode) -> Self {
        Refusal::from(code).into()
    }
}

impl From<AuthError> for ErrorHandler {
    fn from(error: AuthError) -> Self {
        let handler = Self::of(&error, Refusal::from(&error));
        match error {
            AuthError::RateLimited { retry_after } => Self { retry_after: Some(retry_after), ..handler },
            _ => handler,
        }
    }
}

impl From<ChatError> for ErrorHandler {
    fn from(error: ChatError) -> Self {
        Self::of(&error, Refusal::from(&error))
    }
}

impl From<NotificationsError> for ErrorHandler {
    fn from(error: NotificationsError) -> Self {
        Self::of(&error, ErrorCode::from(&error).into())
    }
}

impl From<WebhooksError> for ErrorHandler {
    fn from(error: WebhooksError) -> Self {
        Self::of(&error, Refusal::from(&error))
    }
}

impl fmt::Display for ErrorHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.refusal.code.number(), self.refusal.code.title())
    }
}

impl ResponseError for ErrorHandler {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.refusal.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if self.status_code() == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, CHALLENGE));
        }
        if let Some(retry_after) = self.retry_after {
            let seconds = retry_after.as_millis().div_ceil(1_000).max(1);
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if let Some(allow) = &self.allow {
            response.insert_header((header::ALLOW, allow.as_str()));
        }
        response.json(ErrorBody {
            code: self.refusal.code.number(),
            title: self.refusal.code.title(),
            message: &self.refusal.message,
            details: &self.refusal.details,
            request_id: request_id::current().unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use engine_interfaces::GroupId;
    use serde_json::Value;

    use super::*;

    async fn body(error: ErrorHandler) -> Value {
        serde_json::from_slice(&to_bytes(error.error_response().into_body()).await.unwrap()).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_failures_cause_stays_here() {
        let error = ErrorHandler::from(ChatError::Unavailable("SELECT secret FROM nowhere".into()));
        let response = error.error_response();
        assert_eq!(response.headers().get(header::RETRY_AFTER).unwrap(), "1");
        let text = body(error).await.to_string();
        assert!(!text.contains("secret") && !text.contains("SELECT"), "{text}");
    }

    #[test]
    fn every_401_says_how_to_sign_in() {
        for error in [
            AuthError::WrongCredentials,
            AuthError::TokenInvalid,
            AuthError::TokenExpired,
            AuthError::TokenRevoked,
        ] {
            let response = ErrorHandler::from(error).error_response();
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
            assert_eq!(response.headers().get(header::WWW_AUTHENTICATE).unwrap(), CHALLENGE);
        }
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_and_never_zero() {
        for (millis, seconds) in [(0, "1"), (1_000, "1"), (1_001, "2")] {
            let error = AuthError::RateLimited { retry_after: Duration::from_millis(millis) };
            let response = ErrorHandler::from(error).error_response();
            assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(response.headers().get(header::RETRY_AFTER).unwrap(), seconds);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_missing_group_is_not_named() {
        let group = GroupId("0197f0e0-0000-7000-8000-000000000001".parse().unwrap());
        assert!(!body(ChatError::GroupNotFound(group).into()).await.to_string().contains("0197f0e0"));
    }
}
