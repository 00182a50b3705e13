//! Refusals, in the same form as over HTTP.

use std::{borrow::Cow, error::Error};

use engine_interfaces::{AuthError, BoxError, ChatError, Rule, Violation};
use serde::Serialize;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $title:literal, $message:literal;)+) => {
        /// The contract's error codes that a socket may answer with. A code keeps its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum ErrorCode {
            $($(#[$doc])* $name = $code,)+
        }

        impl ErrorCode {
            /// Belongs to the code.
            pub(crate) fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)+ }
            }
        }
    };
}

codes! {
    /// Not JSON, or of a form that Socket.IO does not have.
    Malformed = 40_001, "Malformed body", "The body is not valid JSON";
    /// No token.
    Unauthenticated = 40_101, "Not signed in", "Show a token: auth: { token }";
    /// Not a token of ours.
    TokenInvalid = 40_102, "Invalid token", "The token is not valid";
    /// The token's time is over.
    TokenExpired = 40_103, "Expired token", "The token has expired";
    /// The token was signed out, or refused with all others.
    TokenRevoked = 40_104, "Revoked token", "The token was revoked";
    /// A member, but not allowed.
    Forbidden = 40_301, "Not allowed", "Your role in this group does not allow this";
    /// Nobody can sign up here.
    SignUpClosed = 40_302, "Sign-up is closed", "New accounts can't be made here";
    /// No such event or namespace.
    NotFound = 40_400, "Not found", "There is no such event";
    /// No such group, or the caller is not in it.
    GroupNotFound = 40_401, "Group not found", "There is no such group, or you are not in it";
    /// No such message in the group.
    MessageNotFound = 40_402, "Message not found", "There is no such message in this group";
    /// No such user, or no such member.
    UserNotFound = 40_403, "User not found", "There is no such user here";
    /// The state does not allow it.
    Conflict = 40_901, "State conflict", "The group's last owner stays its owner";
    /// The id is used for something else.
    IdTaken = 40_902, "Id is taken", "The id is used for something else";
    /// The group has as many members as a group may have.
    GroupFull = 40_903, "Group is full", "The group has as many members as a group may have";
    /// The user is in as many groups as a user may be in.
    TooManyGroups = 40_904, "Too many groups", "The user is in as many groups as a user may be in";
    /// The input breaks rules.
    Invalid = 42_201, "Invalid parameters", "The parameters are not valid";
    /// A required parameter is missing.
    MissingParameter = 42_202, "Missing parameter", "A required parameter is missing";
    /// A field has the wrong type.
    WrongType = 42_204, "Wrong type", "A parameter has the wrong type";
    /// A bad limit or position.
    BadPage = 42_205, "Invalid page", "The limit or the position of the page is not valid";
    /// Too many events or sockets, or too slow to take what was asked for.
    RateLimited = 42_901, "Too many requests", "Too many attempts: try again later";
    /// A dependency is away, or a queue is full.
    Unavailable = 50_301, "Unavailable", "The service can't answer at the moment: try again soon";
    /// No answer within the limit: whether it happened is unknown.
    TimedOut = 50_401, "Timed out", "No answer in time; it may have happened: retry with the same id";
}

/// What a client is told when it does not get what it asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Refusal {
    code: u32,
    title: &'static str,
    message: Cow<'static, str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<Detail>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Detail {
    field: &'static str,
    rule: &'static str,
}

impl Refusal {
    /// With words of its own.
    pub(crate) fn saying(code: ErrorCode, message: &'static str) -> Self {
        Self { message: message.into(), ..Self::from(code) }
    }

    /// A required field is missing.
    pub(crate) fn missing(field: &'static str) -> Self {
        Self::about(ErrorCode::MissingParameter, field, "missing", "is missing")
    }

    /// A field has the wrong type.
    pub(crate) fn wrong_type(field: &'static str) -> Self {
        Self::about(ErrorCode::WrongType, field, "type", "has the wrong type")
    }

    /// A field that chooses the page is out of bounds.
    pub(crate) fn bad_page(field: &'static str) -> Self {
        Self::about(ErrorCode::BadPage, field, "format", "is invalid")
    }

    /// The input breaks these rules.
    pub(crate) fn invalid(violations: &[Violation]) -> Self {
        let sentences: Vec<_> = violations
            .iter()
            .map(|violation| format!("{} {}", label(violation.field), words(violation.rule).1))
            .collect();
        Self {
            message: sentences.join(", ").into(),
            details: violations
                .iter()
                .map(|violation| Detail { field: violation.field, rule: words(violation.rule).0 })
                .collect(),
            ..Self::from(ErrorCode::Invalid)
        }
    }

    /// For people.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    fn about(code: ErrorCode, field: &'static str, rule: &'static str, words: &str) -> Self {
        Self {
            message: format!("{} {words}", label(field)).into(),
            details: vec![Detail { field, rule }],
            ..Self::from(code)
        }
    }

    fn unavailable(who: &'static str, source: &BoxError) -> Self {
        tracing::error!(error = &**source as &dyn Error, "{who} is unavailable");
        Self::from(ErrorCode::Unavailable)
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self { code: code as u32, title: code.title(), message: code.message().into(), details: Vec::new() }
    }
}

impl From<ChatError> for Refusal {
    fn from(error: ChatError) -> Self {
        let code = match &error {
            ChatError::GroupNotFound(_) => ErrorCode::GroupNotFound,
            ChatError::MessageNotFound => ErrorCode::MessageNotFound,
            ChatError::MemberNotFound => ErrorCode::UserNotFound,
            ChatError::Forbidden => ErrorCode::Forbidden,
            ChatError::LastOwner => ErrorCode::Conflict,
            ChatError::IdTaken => ErrorCode::IdTaken,
            ChatError::GroupFull => ErrorCode::GroupFull,
            ChatError::TooManyGroups => ErrorCode::TooManyGroups,
            ChatError::Invalid(violations) => return Self::invalid(violations),
            ChatError::BadCursor => ErrorCode::BadPage,
            ChatError::Busy => ErrorCode::Unavailable,
            ChatError::TimedOut => ErrorCode::TimedOut,
            ChatError::Unavailable(source) => return Self::unavailable("chat", source),
        };
        Self::from(code)
    }
}

impl From<AuthError> for Refusal {
    fn from(error: AuthError) -> Self {
        let code = match &error {
            AuthError::WrongCredentials => ErrorCode::Unauthenticated,
            AuthError::TokenInvalid => ErrorCode::TokenInvalid,
            AuthError::TokenExpired => ErrorCode::TokenExpired,
            AuthError::TokenRevoked => ErrorCode::TokenRevoked,
            AuthError::SignUpClosed => ErrorCode::SignUpClosed,
            AuthError::UserNotFound => ErrorCode::UserNotFound,
            AuthError::RateLimited { .. } => ErrorCode::RateLimited,
            AuthError::Invalid(violations) => return Self::invalid(violations),
            AuthError::Busy => ErrorCode::Unavailable,
            AuthError::Unavailable(source) => return Self::unavailable("authentication", source),
        };
        Self::from(code)
    }
}

/// `group_id` as a sentence begins: `Group id`.
fn label(field: &str) -> String {
    let mut letters = field.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).map(|letter| if letter == '_' { ' ' } else { letter }).collect()
}

/// A rule's name, and what a sentence says of it.
fn words(rule: Rule) -> (&'static str, &'static str) {
    match rule {
        Rule::Blank => ("blank", "can't be blank"),
        Rule::TooLong => ("too_long", "is too long"),
        Rule::TooShort => ("too_short", "is too short"),
        Rule::Format => ("format", "is invalid"),
        Rule::Taken => ("taken", "has already been taken"),
        Rule::Nul => ("nul", "can't contain the character NUL"),
        Rule::Common => ("common", "is too common"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_the_form_of_the_contract() {
        let refusal = Refusal::invalid(&[Violation::new("message", Rule::Blank)]);
        assert_eq!(
            serde_json::to_value(refusal).unwrap(),
            serde_json::json!({
                "code": 42201,
                "title": "Invalid parameters",
                "message": "Message can't be blank",
                "details": [{"field": "message", "rule": "blank"}],
            })
        );
        let plain = serde_json::to_value(Refusal::from(ErrorCode::TokenExpired)).unwrap();
        assert!(plain.get("details").is_none());
    }

    #[test]
    fn a_failure_tells_a_client_nothing_of_its_cause() {
        let refusal = Refusal::from(ChatError::Unavailable("password of the database".into()));
        assert!(!serde_json::to_string(&refusal).unwrap().contains("database"));
    }
}
