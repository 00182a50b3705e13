//! What is asked for on the command line.

use std::path::PathBuf;

use clap::Parser;

/// Kills and stalls the processes of Parlour's production shape while people talk, and checks that nothing that
/// was acknowledged is lost, doubled, out of order or missing anywhere.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub(crate) struct Options {
    /// Where `parlour`, `api`, `realtime` and `worker` are.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) binaries: PathBuf,

    /// How often each process is killed.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,

    /// What the plan is made from: the same seed kills the same processes after the same pauses.
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub(crate) seed: u64,

    /// How many messages are sent in a second, in all.
    #[arg(long, value_name = "N", default_value_t = 320, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: u32,

    /// How many people there are, each with a socket.
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(2..))]
    pub(crate) people: u32,

    /// How many groups they share.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) groups: u32,

    /// Where an `api` with the feature `failpoints` is; by default where the others are.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) fail_point_binaries: Option<PathBuf>,

    /// How often a process dies at a fail point.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(crate) trials: u32,

    /// Only the scenarios whose names begin so.
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,

    /// Kills alone, with short pauses: what fits into a test run.
    #[arg(long)]
    pub(crate) short: bool,
}

impl Options {
    /// Is this scenario to be played?
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| name.starts_with(only.as_str()))
    }
}
