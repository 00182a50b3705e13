//! What every engine's errors are made of.

use std::error::Error;

use serde::{Deserialize, Serialize};

/// The cause of a failure, whatever it was.
///
/// # Example
/// ```
/// use engine_interfaces::{BoxError, ChatError};
///
/// let cause: BoxError = "no route to host".into();
/// let error: BoxError = ChatError::Unavailable(cause).into();
/// assert!(matches!(error.downcast_ref(), Some(ChatError::Unavailable(_))), "what it was can be asked");
/// assert_eq!(error.source().unwrap().to_string(), "no route to host");
/// ```
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// One broken rule of one field; [`Refusal`](crate::Refusal) has the words for it.
///
/// # Example
/// ```
/// use engine_interfaces::{Refusal, Rule, Violation};
///
/// let broken = [Violation::new("name", Rule::Blank)];
/// assert_eq!(Refusal::invalid(&broken).message, "Name can't be blank");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Violation {
    /// The field as the contract names it.
    pub field: &'static str,
    /// The rule that it breaks.
    pub rule: Rule,
}

impl Violation {
    /// `field` breaks `rule`.
    #[must_use]
    pub fn new(field: &'static str, rule: Rule) -> Self {
        Self { field, rule }
    }
}

/// A rule that input can break. A rule once named keeps its meaning.
///
/// # Example
/// ```
/// use engine_interfaces::{Refusal, Rule, Violation};
///
/// let refusal = Refusal::invalid(&[Violation::new("name", Rule::TooLong)]);
/// assert_eq!(serde_json::to_value(Rule::TooLong).unwrap(), refusal.details[0].rule);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Nothing but white space, or nothing.
    Blank,
    /// More characters than allowed.
    TooLong,
    /// Fewer characters than asked for.
    TooShort,
    /// Not of the form asked for.
    Format,
    /// Somebody else has it.
    Taken,
    /// Holds the character NUL.
    Nul,
    /// A password that many people use.
    Common,
    /// A number that is too small or too large.
    Range,
}
