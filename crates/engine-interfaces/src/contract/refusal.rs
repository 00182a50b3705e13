//! What a client is told when it does not get what it asked for.

use std::borrow::Cow;

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::ErrorCode;
use crate::{AuthError, ChatError, Rule, Violation, WebhooksError};

/// What a client is told when it does not get what it asked for, over HTTP and over sockets. Serializes as the
/// contract's error body, without `request_id`.
///
/// # Example
/// ```
/// use engine_interfaces::{ChatError, Refusal};
///
/// let refusal = Refusal::from(&ChatError::LastOwner);
/// assert_eq!(refusal.code.status(), 409);
/// assert_eq!(serde_json::to_value(&refusal).unwrap()["code"], 40_901);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of refusal it is.
    pub code: ErrorCode,
    /// What is wrong, for people.
    pub message: Cow<'static, str>,
    /// Which fields are meant.
    pub details: Vec<Detail>,
}

/// A field, and the rule that it breaks.
///
/// # Example
/// ```
/// use engine_interfaces::{Detail, Refusal, Rule, Violation};
///
/// let refusal = Refusal::invalid(&[Violation::new("name", Rule::TooLong)]);
/// assert_eq!(refusal.details, [Detail { field: "name", rule: "too_long" }]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// The field, as the contract names it.
    pub field: &'static str,
    /// The rule, as the contract names it.
    pub rule: &'static str,
}

/// What an invitation's code is told to be that lets nobody in, whatever the reason.
const NO_INVITATION: &str = "There is no such invitation, or it is good no more";

/// What a guest is told who may not do something.
const NOT_FOR_GUESTS: &str = "A guest can't do this";

impl Refusal {
    /// With words of its own.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::{ErrorCode, Refusal};
    ///
    /// let refusal = Refusal::saying(ErrorCode::Forbidden, "A guest can't do this");
    /// assert_eq!(refusal.code.title(), "Not allowed", "the title is the code's all the same");
    /// ```
    #[must_use]
    pub fn saying(code: ErrorCode, message: &'static str) -> Self {
        Self { message: message.into(), ..Self::from(code) }
    }

    /// A required field, or the root, is missing.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::Refusal;
    ///
    /// let refusal = Refusal::missing("current_password");
    /// assert_eq!((refusal.code.number(), &*refusal.message), (42_202, "Current password is missing"));
    /// ```
    #[must_use]
    pub fn missing(field: &'static str) -> Self {
        Self::about(ErrorCode::MissingParameter, field, "missing", "is missing")
    }

    /// A field has the wrong type.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::Refusal;
    ///
    /// let refusal = Refusal::wrong_type("name");
    /// assert_eq!((refusal.code.number(), &*refusal.message), (42_204, "Name has the wrong type"));
    /// ```
    #[must_use]
    pub fn wrong_type(field: &'static str) -> Self {
        Self::about(ErrorCode::WrongType, field, "type", "has the wrong type")
    }

    /// What chooses the page is out of bounds, or not of its form.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::{ChatError, Refusal};
    ///
    /// assert_eq!(Refusal::bad_page("cursor"), Refusal::from(&ChatError::BadCursor));
    /// ```
    #[must_use]
    pub fn bad_page(field: &'static str) -> Self {
        Self::about(ErrorCode::BadPage, field, "format", "is invalid")
    }

    /// The input breaks these rules.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::{Refusal, Rule, Violation};
    ///
    /// let broken = [Violation::new("name", Rule::Blank), Violation::new("email", Rule::Format)];
    /// let refusal = Refusal::invalid(&broken);
    /// assert_eq!(refusal.message, "Name can't be blank, Email is invalid");
    /// assert_eq!(refusal.details.len(), 2);
    /// ```
    #[must_use]
    pub fn invalid(violations: &[Violation]) -> Self {
        let mut refusal = Self::from(ErrorCode::Invalid);
        if !violations.is_empty() {
            let sentences = violations
                .iter()
                .map(|Violation { field, rule }| format!("{} {}", label(field), words(*rule).1));
            refusal.message = sentences.collect::<Vec<_>>().join(", ").into();
        }
        refusal.details = violations
            .iter()
            .map(|violation| Detail { field: violation.field, rule: words(violation.rule).0 })
            .collect();
        refusal
    }

    fn about(code: ErrorCode, field: &'static str, rule: &'static str, words: &str) -> Self {
        Self {
            message: format!("{} {words}", label(field)).into(),
            details: vec![Detail { field, rule }],
            ..Self::from(code)
        }
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self { code, message: code.message().into(), details: Vec::new() }
    }
}

impl From<&AuthError> for Refusal {
    fn from(error: &AuthError) -> Self {
        match error {
            AuthError::Invalid(violations) => Self::invalid(violations),
            AuthError::PasswordMissing => Self::missing("current_password"),
            AuthError::NotForGuests => Self::saying(ErrorCode::from(error), NOT_FOR_GUESTS),
            other => ErrorCode::from(other).into(),
        }
    }
}

impl From<&ChatError> for Refusal {
    fn from(error: &ChatError) -> Self {
        match error {
            ChatError::Invalid(violations) => Self::invalid(violations),
            ChatError::BadCursor => Self::bad_page("cursor"),
            ChatError::InvitationNotFound => Self::saying(ErrorCode::from(error), NO_INVITATION),
            ChatError::NotForGuests => Self::saying(ErrorCode::from(error), NOT_FOR_GUESTS),
            other => ErrorCode::from(other).into(),
        }
    }
}

impl From<&WebhooksError> for Refusal {
    fn from(error: &WebhooksError) -> Self {
        match error {
            WebhooksError::Invalid(violations) => Self::invalid(violations),
            WebhooksError::BadCursor => Self::bad_page("cursor"),
            other => ErrorCode::from(other).into(),
        }
    }
}

impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("Refusal", 4)?;
        body.serialize_field("code", &self.code.number())?;
        body.serialize_field("title", self.code.title())?;
        body.serialize_field("message", &self.message)?;
        if self.details.is_empty() {
            body.skip_field("details")?;
        } else {
            body.serialize_field("details", &self.details)?;
        }
        body.end()
    }
}

/// `current_password` as a sentence begins: `Current password`.
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
        Rule::Range => ("range", "is out of range"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn broken_rules_are_named_and_worded() {
        let violations =
            [Violation::new("message", Rule::Blank), Violation::new("current_password", Rule::TooShort)];
        assert_eq!(
            serde_json::to_value(Refusal::invalid(&violations)).unwrap(),
            json!({
                "code": 42201,
                "title": "Invalid parameters",
                "message": "Message can't be blank, Current password is too short",
                "details": [
                    {"field": "message", "rule": "blank"},
                    {"field": "current_password", "rule": "too_short"},
                ],
            })
        );
    }

    #[test]
    fn details_are_there_where_a_field_is_meant() {
        let plain = serde_json::to_value(Refusal::from(ErrorCode::TokenExpired)).unwrap();
        assert!(plain.get("details").is_none());
        let cursor = serde_json::to_value(Refusal::from(&ChatError::BadCursor)).unwrap();
        assert_eq!(cursor["details"], json!([{"field": "cursor", "rule": "format"}]));
    }

    #[test]
    fn a_failure_tells_a_client_nothing_of_its_cause() {
        let refusal = Refusal::from(&ChatError::Unavailable("password of the database".into()));
        assert!(!serde_json::to_string(&refusal).unwrap().contains("database"));
    }
}
