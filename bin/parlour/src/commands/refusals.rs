//! Why the engines refuse, in words.

use engine_interfaces::{AuthError, BoxError, ChatError, Violation};

/// A refusal that names the rules which the input breaks.
pub(crate) trait Refusal: Into<BoxError> {
    /// The rules, where it is they.
    fn violations(&self) -> Option<&[Violation]>;
}

impl Refusal for AuthError {
    fn violations(&self) -> Option<&[Violation]> {
        match self {
            Self::Invalid(violations) => Some(violations),
            _ => None,
        }
    }
}

impl Refusal for ChatError {
    fn violations(&self) -> Option<&[Violation]> {
        match self {
            Self::Invalid(violations) => Some(violations),
            _ => None,
        }
    }
}

/// What a refusal says.
pub(crate) fn told(refusal: impl Refusal) -> BoxError {
    let Some(violations) = refusal.violations() else {
        return refusal.into();
    };
    let broken = violations.iter().map(|broken| format!("{} is refused: {:?}", broken.field, broken.rule));
    broken.collect::<Vec<_>>().join("; ").into()
}
