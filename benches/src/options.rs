//! What is asked for on the command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser};

/// Measures Parlour beside its floors and its peers.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) enum Command {
    /// Runs the parts, and writes the report.
    Run(Options),
    /// The floor of the fan-out: a server that writes each message to each of its sockets and does nothing else.
    Floor {
        /// Where it listens.
        #[arg(long)]
        listen: SocketAddr,
        /// Where it hears of messages.
        #[arg(long)]
        redis: String,
    },
    /// The clients of the fan-out at one server; told what to do by lines of standard input.
    Crowd {
        /// Whom they connect to.
        #[arg(long)]
        address: String,
    },
}

/// What to measure, and how long.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where `parlour`, `api`, `realtime` and `worker` are.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) binaries: PathBuf,

    /// Where the report goes.
    #[arg(long, value_name = "FOLDER", default_value = "target/bench")]
    pub(crate) report: PathBuf,

    /// Only the parts whose names begin so.
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,

    /// How often each figure is measured, in turns with those beside it.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,

    /// For how many seconds each figure is measured in a round, where it is measured by time.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seconds: u64,

    /// How many sockets the groups of the fan-out have. Several processes share them past 19,000, since a process may
    /// have so many files open.
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [1_000, 5_000, 10_000])]
    pub(crate) sockets: Vec<usize>,

    /// How many messages the stores have from which pages are read.
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [100_000, 1_000_000, 10_000_000])]
    pub(crate) messages: Vec<usize>,
}

impl Options {
    /// Is this part to be run?
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| name.starts_with(only.as_str()))
    }

    /// How long each figure is measured in a round.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// The same, of a 99th percentile: of fewer messages it would be the worst or two, which one hiccup of the machine
    /// decides.
    pub(crate) fn tail_duration(&self) -> Duration {
        self.duration() * 3
    }
}
