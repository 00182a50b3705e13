//! No traces.

use engine_interfaces::Traceparent;

use crate::Kind;

/// A span, if this build had any.
#[derive(Debug, Clone)]
pub struct Span(());

/// What is being done here is a part of no trace.
#[must_use]
pub const fn current() -> Option<Traceparent> {
    None
}

impl Span {
    /// Nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self(())
    }

    /// Nothing.
    #[must_use]
    pub const fn current() -> Self {
        Self(())
    }

    /// Nothing, whatever the caller asks for.
    #[must_use]
    pub const fn request(_: Option<Traceparent>) -> Self {
        Self(())
    }

    /// Nothing.
    #[must_use]
    pub fn within<N>(_: Traceparent, _: Kind, _: N) -> Self {
        Self(())
    }

    /// Never.
    #[must_use]
    pub const fn is_recorded(&self) -> bool {
        false
    }

    /// None.
    #[must_use]
    pub const fn traceparent(&self) -> Option<Traceparent> {
        None
    }

    /// Nothing has a name.
    pub fn rename(&self, _: String) {}

    /// Nothing is told.
    pub fn set<V>(&self, _: &'static str, _: V) {}

    /// Nothing is told.
    pub fn fail(&self) {}

    /// Nothing ends.
    pub fn end(&self) {}

    /// Does `work`.
    pub fn run<F: Future>(&self, work: F) -> F {
        work
    }
}
