//! Where log lines go: standard error, as people or machines read them.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::settings::LogFormat;

/// What is logged where `RUST_LOG` says nothing: the servers' own comings and goings are no news.
const DEFAULT: &str = "info,actix_server=warn,actix_http=off,apalis_core=warn";

/// Starts logging; `RUST_LOG` narrows it.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    match format {
        LogFormat::Pretty => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
}
