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

#[allow(missing_docs, clippy::missing_const_for_fn)] // As those of `on` are.
impl Span {
    #[must_use]
    pub const fn none() -> Self {
        Self(())
    }

    #[must_use]
    pub const fn current() -> Self {
        Self(())
    }

    #[must_use]
    pub const fn request(_: Option<Traceparent>) -> Self {
        Self(())
    }

    #[must_use]
    pub fn within<N>(_: Traceparent, _: Kind, _: N) -> Self {
        Self(())
    }

    #[must_use]
    pub const fn is_recorded(&self) -> bool {
        false
    }

    #[must_use]
    pub const fn traceparent(&self) -> Option<Traceparent> {
        None
    }

    pub fn rename(&self, _: String) {}

    pub fn set<V>(&self, _: &'static str, _: V) {}

    pub fn fail(&self) {}

    pub fn end(&self) {}

    pub fn run<F: Future>(&self, work: F) -> F {
        work
    }
}
