//! Where log lines go: standard error, as people or machines read them. Errors are reported too, where somebody
//! wants to hear of them.

use std::{
    io::{self, IsTerminal},
    sync::Arc,
};

use engine_interfaces::ErrorReporter;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{EnvFilter, Layer, Registry, prelude::*};

use crate::{reports::Reports, settings::LogFormat};

/// What is logged where `RUST_LOG` says nothing: the servers' own comings and goings are no news.
const DEFAULT: &str = "info,actix_server=warn,actix_http=off,apalis_core=warn";

/// Starts logging; `RUST_LOG` narrows it, and not what is reported.
pub(crate) fn start(format: LogFormat, reporter: Option<Arc<dyn ErrorReporter>>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let lines =
        tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match format {
        LogFormat::Pretty => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    // The spans are of the level INFO, and have the ids.
    let reports = reporter.map(|reporter| Reports::new(reporter).with_filter(LevelFilter::INFO));
    match reports {
        Some(reports) => tracing_subscriber::registry().with(lines.with_filter(filter)).with(reports).init(),
        None => tracing_subscriber::registry().with(lines.with_filter(filter)).init(),
    }
}
