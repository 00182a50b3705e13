//! The one body of every refusal.

use std::{borrow::Cow, fmt, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use engine_interfaces::{AuthError, BoxError, ChatError, Rule, Violation};
use serde::Serialize;
use utoipa::ToSchema;

use super::ErrorCode;
use crate::request_id;

/// When to try again after a failure that passes, where nobody knows better.
const SOON: Duration = Duration::from_secs(1);

/// The scheme names that every 401 carries.
const CHALLENGE: &str = r#"Bearer, Basic realm="parlour""#;

/// A refusal: what every action answers when it does not do what was asked.
#[derive(Debug)]
pub(crate) struct ErrorHandler {
    code: ErrorCode,
    message: Cow<'static, str>,
    details: Vec<Detail>,
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
    #[schema(required = false)]
    details: &'a [Detail],
    /// The same as the header `X-Request-Id`.
    request_id: String,
}

/// A field, and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ErrorDetail)]
pub(crate) struct Detail {
    /// The field.
    field: &'static str,
    /// The rule: blank, too_long, too_short, format, taken, nul, common; missing or type.
    rule: &'static str,
}

impl ErrorHandler {
    /// The input breaks these rules.
    pub(crate) fn invalid(violations: &[Violation]) -> Self {
        let sentences: Vec<String> = violations
            .iter()
            .map(|violation| format!("{} {}", label(violation.field), words(violation.rule)))
            .collect();
        let mut error = Self::from(ErrorCode::Invalid);
        if !sentences.is_empty() {
            error.message = sentences.join(", ").into();
        }
        error.details = violations
            .iter()
            .map(|violation| Detail { field: violation.field, rule: name(violation.rule) })
            .collect();
        error
    }

    /// A required field, or the root, is missing.
    pub(crate) fn missing(field: &'static str) -> Self {
        Self::about(ErrorCode::MissingParameter, field, "missing", "is missing")
    }

    /// A field has the wrong type.
    pub(crate) fn wrong_type(field: &'static str) -> Self {
        Self::about(ErrorCode::WrongType, field, "type", "has the wrong type")
    }

    /// A parameter that chooses the page is bad.
    pub(crate) fn bad_page(field: &'static str) -> Self {
        Self::about(ErrorCode::BadPage, field, "format", "is invalid")
    }

    /// The path has other methods than the one that was asked for.
    pub(crate) fn method_not_allowed(allow: String) -> Self {
        Self { allow: Some(allow), ..Self::from(ErrorCode::MethodNotAllowed) }
    }

    fn about(code: ErrorCode, field: &'static str, rule: &'static str, words: &str) -> Self {
        Self {
            message: format!("{} {words}", label(field)).into(),
            details: vec![Detail { field, rule }],
            ..Self::from(code)
        }
    }

    fn rate_limited(retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..Self::from(ErrorCode::RateLimited) }
    }

    fn unavailable(who: &'static str, source: &BoxError) -> Self {
        tracing::error!(error = &**source as &dyn std::error::Error, "{who} is unavailable");
        Self::from(ErrorCode::Unavailable)
    }
}

/// `current_password` as a sentence begins: `Current password`.
fn label(field: &str) -> String {
    let mut letters = field.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).map(|letter| if letter == '_' { ' ' } else { letter }).collect()
}

fn words(rule: Rule) -> &'static str {
    match rule {
        Rule::Blank => "can't be blank",
        Rule::TooLong => "is too long",
        Rule::TooShort => "is too short",
        Rule::Format => "is invalid",
        Rule::Taken => "has already been taken",
        Rule::Nul => "can't contain the character NUL",
        Rule::Common => "is too common",
    }
}

fn name(rule: Rule) -> &'static str {
    match rule {
        Rule::Blank => "blank",
        Rule::TooLong => "too_long",
        Rule::TooShort => "too_short",
        Rule::Format => "format",
        Rule::Taken => "taken",
        Rule::Nul => "nul",
        Rule::Common => "common",
    }
}

impl From<ErrorCode> for ErrorHandler {
    fn from(code: ErrorCode) -> Self {
        let passes = code == ErrorCode::Unavailable;
        Self {
            code,
            message: code.message().into(),
            details: Vec::new(),
            retry_after: passes.then_some(SOON),
            allow: None,
        }
    }
}

impl From<AuthError> for ErrorHandler {
    fn from(error: AuthError) -> Self {
        let code = match error {
            AuthError::WrongCredentials => ErrorCode::Unauthenticated,
            AuthError::TokenInvalid => ErrorCode::TokenInvalid,
            AuthError::TokenExpired => ErrorCode::TokenExpired,
            AuthError::TokenRevoked => ErrorCode::TokenRevoked,
            AuthError::SignUpClosed => ErrorCode::SignUpClosed,
            AuthError::UserNotFound => ErrorCode::UserNotFound,
            AuthError::RateLimited { retry_after } => return Self::rate_limited(retry_after),
            AuthError::Invalid(violations) => return Self::invalid(&violations),
            AuthError::Busy => ErrorCode::Unavailable,
            AuthError::Unavailable(source) => return Self::unavailable("authentication", &source),
        };
        Self::from(code)
    }
}

impl From<ChatError> for ErrorHandler {
    fn from(error: ChatError) -> Self {
        let code = match error {
            ChatError::GroupNotFound(_) => ErrorCode::GroupNotFound,
            ChatError::MessageNotFound => ErrorCode::MessageNotFound,
            ChatError::MemberNotFound => ErrorCode::UserNotFound,
            ChatError::Forbidden => ErrorCode::Forbidden,
            ChatError::LastOwner => ErrorCode::Conflict,
            ChatError::IdTaken => ErrorCode::IdTaken,
            ChatError::GroupFull => ErrorCode::GroupFull,
            ChatError::TooManyGroups => ErrorCode::TooManyGroups,
            ChatError::Invalid(violations) => return Self::invalid(&violations),
            ChatError::BadCursor => return Self::bad_page("cursor"),
            ChatError::Busy => ErrorCode::Unavailable,
            ChatError::TimedOut => ErrorCode::TimedOut,
            ChatError::Unavailable(source) => return Self::unavailable("chat", &source),
        };
        Self::from(code)
    }
}

impl fmt::Display for ErrorHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code.number(), self.code.title())
    }
}

impl ResponseError for ErrorHandler {
    fn status_code(&self) -> StatusCode {
        self.code.status()
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
            code: self.code.number(),
            title: self.code.title(),
            message: &self.message,
            details: &self.details,
            request_id: request_id::current().unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use engine_interfaces::GroupId;
    use serde_json::{Value, json};

    use super::*;

    async fn body(error: ErrorHandler) -> Value {
        serde_json::from_slice(&to_bytes(error.error_response().into_body()).await.unwrap()).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn broken_rules_are_named_and_worded() {
        let violations =
            vec![Violation::new("email", Rule::Taken), Violation::new("current_password", Rule::Blank)];
        assert_eq!(
            body(AuthError::Invalid(violations).into()).await,
            json!({
                "code": 42201,
                "title": "Invalid parameters",
                "message": "Email has already been taken, Current password can't be blank",
                "details": [{"field": "email", "rule": "taken"}, {"field": "current_password", "rule": "blank"}],
                "request_id": "",
            })
        );
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
