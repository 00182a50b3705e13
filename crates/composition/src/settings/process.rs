//! The process itself.

use std::{net::SocketAddr, time::Duration};

use clap::Args;

use super::{ReportSettings, Switch, TraceSettings};

/// The process itself.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Process")]
pub struct ProcessSettings {
    /// The metrics' address, or `off`.
    #[arg(long, env = "METRICS_LISTEN", value_name = "ADDRESS|off", default_value = "127.0.0.1:9400")]
    pub metrics_listen: Switch<SocketAddr>,

    /// The most connections that may wait at an address to be accepted; the system may allow fewer. The rest of a crowd that
    /// comes at once tries again after seconds.
    #[arg(long, env = "ACCEPT_QUEUE", value_name = "N", default_value_t = 4_096, value_parser = clap::value_parser!(u16).range(1..))]
    pub accept_queue: u16,

    /// The longest that work in hand may take when the process is told to stop.
    #[arg(long, env = "DRAIN_LIMIT", value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    pub drain_limit: Duration,

    /// How logs are written.
    #[arg(long, env = "LOG_FORMAT", value_name = "pretty|json", default_value = "pretty")]
    pub log_format: LogFormat,

    /// Whom errors are reported to.
    #[command(flatten)]
    pub reports: ReportSettings,

    /// Where traces go.
    #[command(flatten)]
    pub traces: TraceSettings,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// A JSON object a line.
    Json,
}

#[cfg(test)]
impl ProcessSettings {
    /// Those of a command line.
    pub(crate) fn given(options: &[&str]) -> Self {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            process: ProcessSettings,
        }
        let line: Line = clap::Parser::parse_from([&["process"], options].concat());
        line.process
    }
}

impl ProcessSettings {
    /// The runner's of jobs.
    #[must_use]
    pub fn jobs(&self) -> jobs::Settings {
        jobs::Settings { drain: self.drain_limit, ..jobs::Settings::default() }
    }

    /// The rings'.
    #[must_use]
    pub fn rings(&self) -> broker::RingSettings {
        broker::RingSettings { drain: self.drain_limit, ..broker::RingSettings::default() }
    }
}
