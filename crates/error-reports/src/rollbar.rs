//! The reporter.

use std::{sync::Arc, time::Duration};

use engine_interfaces::{BoxError, ErrorReport, ErrorReporter};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{RollbarSettings, count, sender::Sender};

/// Tells Rollbar of errors. Start it on a Tokio runtime.
///
/// # Example
/// ```
/// use std::time::Duration;
///
/// use engine_interfaces::{Clock, ErrorReport, ErrorReporter, Secret, Severity, SystemClock};
/// use error_reports::{RollbarReporter, RollbarSettings};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let token = Secret::new("a token of the project");
/// let mut settings = RollbarSettings::new(token, "production".into(), "api".into());
/// # settings.url = "http://127.0.0.1:1/".into();
/// # settings.attempts = 1;
/// let reporter = RollbarReporter::start(settings)?;
/// reporter.report(ErrorReport {
///     at: SystemClock.now(),
///     severity: Severity::Error,
///     title: "a store is away".into(),
///     error: None,
///     place: "src/store.rs:7".into(),
///     context: vec![("request.id", SystemClock.new_id().to_string())],
/// }); // and does not wait
/// reporter.end(Duration::from_secs(2)).await; // when the process ends
/// # Ok(()) }
/// ```
pub struct RollbarReporter {
    queue: mpsc::Sender<ErrorReport>,
    task: TaskTracker,
    ending: CancellationToken,
}

/// Why there can be no reporter.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Where Rollbar is said to be, nobody can be.
    #[error("not an http or https URL")]
    Url,
    /// There can be no client.
    #[error("no client for it can be made")]
    Client(#[source] BoxError),
}

impl RollbarReporter {
    /// Connects to nothing until there is something to tell.
    ///
    /// # Errors
    /// When the settings can't work.
    pub fn start(settings: RollbarSettings) -> Result<Self, StartError> {
        let (queue, reports) = mpsc::channel(settings.queue.max(1));
        let (task, ending) = (TaskTracker::new(), CancellationToken::new());
        let sender = Sender::new(Arc::new(settings), reports, ending.clone())?;
        task.spawn(sender.run());
        Ok(Self { queue, task, ending })
    }

    /// Tells what waits, for no longer than so, and then takes nothing more.
    pub async fn end(&self, within: Duration) {
        self.ending.cancel();
        self.task.close();
        if tokio::time::timeout(within, self.task.wait()).await.is_err() {
            tracing::warn!("not every error was reported: there was no time");
        }
    }
}

impl ErrorReporter for RollbarReporter {
    fn report(&self, report: ErrorReport) {
        if self.queue.try_send(report).is_err() {
            count("dropped").increment(1);
        }
    }
}
