//! What every process does at its start and at its end.

use std::{
    error::Error,
    io::{self, Write},
    net::{SocketAddr, TcpListener},
    panic::AssertUnwindSafe,
    process::ExitCode,
    sync::Arc,
};

use engine_interfaces::{BoxError, Clock, ErrorReporter, SystemClock};
use futures_util::FutureExt;
use rustix::net::listen;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{logs, panics, settings::ProcessSettings};

/// Takes the address that a setting names.
///
/// # Errors
/// Names the setting and the cure.
pub fn bind(setting: &str, address: SocketAddr, process: &ProcessSettings) -> Result<TcpListener, BoxError> {
    let listening = TcpListener::bind(address).and_then(|listener| {
        // The standard library lets 128 wait.
        listen(&listener, process.accept_queue.into())?;
        Ok(listener)
    });
    listening.map_err(|error| {
        format!("{setting}={address}: {error}; name a free address of this machine, such as 127.0.0.1:0")
            .into()
    })
}

/// The same listener, for a server on tokio's own.
///
/// # Errors
/// When the system refuses it.
pub fn tokio_listener(listener: TcpListener) -> io::Result<tokio::net::TcpListener> {
    listener.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(listener)
}

/// What this run of a process is called: no other ever has the name.
#[must_use]
pub fn name(kind: &str) -> String {
    format!("{kind}-{}-{}", std::process::id(), SystemClock.new_id().simple())
}

/// Is cancelled by SIGTERM and by Ctrl-C.
///
/// # Errors
/// When the system gives no signals.
pub fn stop_signal() -> io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let told = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        told.cancel();
    });
    Ok(stop)
}

/// Says what runs and where it is found, once it is ready.
///
/// # Errors
/// When standard output is closed.
pub fn greet(name: &str, places: &[(&str, String)], metrics: Option<SocketAddr>) -> Result<(), BoxError> {
    say(&format!("{name} {}", env!("CARGO_PKG_VERSION")))?;
    for (what, place) in places {
        say(&format!("  {what:9}  {place}"))?;
    }
    if let Some(metrics) = metrics {
        say(&format!("  Metrics    http://{metrics}/metrics"))?;
    }
    say("Ready. Ctrl-C stops it.")
}

/// Prints a line.
///
/// # Errors
/// When standard output is closed.
pub fn say(line: &str) -> Result<(), BoxError> {
    Ok(writeln!(io::stdout(), "{line}")?)
}

/// Says what went wrong, with its causes, on standard error.
///
/// # Errors
/// When standard error is closed.
pub fn complain(error: &(dyn Error + 'static)) -> Result<(), BoxError> {
    Ok(writeln!(io::stderr(), "{}", with_causes(error))?)
}

/// The work had a panic of its own, which is in the log.
#[derive(Debug, thiserror::Error)]
#[error("it panicked")]
struct Panicked;

/// Does the work of the process `name`: with logs, and with errors reported, panics among them, and traces exported
/// where the settings say so. Answers how the process ends.
pub async fn run(
    name: &str,
    settings: &ProcessSettings,
    work: impl Future<Output = Result<(), BoxError>>,
) -> ExitCode {
    let reporter = match settings.reports.reporter(name) {
        Ok(reporter) => reporter,
        Err(error) => return exit_code(name, Err(error)),
    };
    let traces = match settings.traces.exporter(name) {
        Ok(traces) => traces,
        Err(error) => return exit_code(name, Err(error)),
    };
    logs::start(settings.log_format, reporter.clone().map(|reporter| reporter as Arc<dyn ErrorReporter>));
    panics::hook();
    let done = AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(Panicked.into()));
    // Side by side: each may take all the time that there is.
    let reported = async {
        if let Some(reporter) = reporter {
            reporter.end(settings.drain_limit).await;
        }
    };
    let exported = async {
        if let Some(traces) = traces {
            traces.end(settings.drain_limit).await;
        }
    };
    tokio::join!(reported, exported);
    exit_code(name, done)
}

/// How the process `name` ends; what went wrong is said, with its causes.
fn exit_code(name: &str, done: Result<(), BoxError>) -> ExitCode {
    let Err(error) = done else {
        return ExitCode::SUCCESS;
    };
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "{name}: {}", with_causes(error.as_ref()));
    ExitCode::FAILURE
}

fn with_causes(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use std::{net::TcpStream, time::Duration};

    use super::*;

    #[test]
    fn a_crowd_that_comes_at_once_waits_to_be_accepted() {
        let process = ProcessSettings::given(&[]);
        let listener = bind("API_LISTEN", ([127, 0, 0, 1], 0).into(), &process).unwrap();
        let address = listener.local_addr().unwrap();
        let come = || TcpStream::connect_timeout(&address, Duration::from_secs(20));
        let crowd: Result<Vec<_>, _> = (0..300).map(|_| come()).collect();
        assert_eq!(crowd.unwrap().len(), 300);
    }
}
