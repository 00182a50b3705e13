//! Refusals, in the same form as over HTTP.

use std::error::Error;

pub(crate) use engine_interfaces::{ErrorCode, Refusal};

/// What a client is told of what an engine refused. The cause of a failure goes to the log and no further.
pub(crate) fn refused<E>(error: E) -> Refusal
where
    E: Error + 'static,
    Refusal: for<'a> From<&'a E>,
{
    if error.source().is_some() {
        tracing::error!(error = &error as &dyn Error, "a client can't be answered");
    }
    Refusal::from(&error)
}
