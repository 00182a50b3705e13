//! What went wrong in a way that somebody should look at.

use crate::Timestamp;

/// Something that went wrong. It may go to a service elsewhere: it has ids, and nothing of what anybody wrote.
///
/// # Example
/// ```
/// use engine_interfaces::{Clock, ErrorReport, Severity, SystemClock, UserId};
///
/// let report = ErrorReport {
///     at: SystemClock.now(),
///     severity: Severity::Error,
///     title: "a store is away".into(), // the same every time: what differs is in the context
///     error: Some("chat is unavailable: no route to host".into()),
///     place: "src/store.rs:7".into(),
///     context: vec![("user.id", UserId::from_name("alice").to_string())], // and no name
/// };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorReport {
    /// When.
    pub at: Timestamp,
    /// How bad it is.
    pub severity: Severity,
    /// What happened, in words that are the same every time.
    pub title: String,
    /// The error with its causes, where there was one.
    pub error: Option<String>,
    /// Where in the sources, as `file:line`; else the part of the code that told.
    pub place: String,
    /// Whose it was: `request.id`, `user.id`, `job.kind` and their like; and the `backtrace`, where there is one.
    pub context: Vec<(&'static str, String)>,
}

/// How bad an error is.
///
/// # Example
/// ```
/// use engine_interfaces::Severity;
///
/// /// What the service that reports go to calls it.
/// fn level(severity: Severity) -> &'static str {
///     match severity {
///         Severity::Error => "error",
///         Severity::Panic => "critical",
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Something could not be done.
    Error,
    /// The code itself is wrong: a panic.
    Panic,
}

/// Tells of errors to whoever looks after them.
///
/// # Example
/// ```
/// use std::sync::mpsc::{SyncSender, sync_channel};
///
/// use engine_interfaces::{ErrorReport, ErrorReporter};
///
/// /// Hands reports to whoever reads the other end.
/// struct Queue(SyncSender<ErrorReport>);
///
/// impl ErrorReporter for Queue {
///     fn report(&self, report: ErrorReport) {
///         let _ = self.0.try_send(report); // where there is no room it is dropped: nobody waits
///     }
/// }
/// ```
pub trait ErrorReporter: Send + Sync {
    /// Takes a report, and returns at once. What finds no room is dropped and counted.
    fn report(&self, report: ErrorReport);
}
