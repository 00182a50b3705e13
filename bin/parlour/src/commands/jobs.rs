//! `parlour jobs`.

use clap::Subcommand;
use composition::process::say;
use engine_interfaces::{BoxError, JobId, Limit};
use jobs::JobState;

use crate::config::Config;

/// Lists jobs, and retries dead ones.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// The jobs in a state: due, running, dead or done.
    List {
        /// Which.
        #[arg(default_value = "dead")]
        state: JobState,
        /// How many of each engine's, at most 100.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=100))]
        limit: u16,
    },
    /// Makes a dead job due again.
    Retry {
        /// The job.
        id: JobId,
    },
}

/// Runs one of them.
pub(crate) async fn run(config: &Config, command: Command) -> Result<(), BoxError> {
    let stores = config.stores()?;
    stores.migrate().await?;
    let jobs = stores.jobs(&config.process);
    match command {
        Command::List { state, limit } => {
            for (engine, job) in jobs.list(state, Limit::page(limit).unwrap_or_default()).await? {
                let error = job.last_error.as_deref().unwrap_or("");
                say(&format!(
                    "{}  {engine}  {}  {}  attempts {}  {error}",
                    job.id, job.kind, job.key, job.attempts
                ))?;
            }
            Ok(())
        }
        Command::Retry { id } => match jobs.retry(id).await? {
            true => Ok(()),
            false => Err("no dead job has this id".into()),
        },
    }
}
