//! `parlour jobs`.

use clap::{
    Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use engine_interfaces::{BoxError, JobId, Limit};
use jobs::JobState;

use super::{form::Form, toolbox::Toolbox};

/// What a job can be in.
const STATES: [&str; 4] = ["due", "running", "dead", "done"];

/// Lists jobs, and retries dead ones.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// The jobs in a state: due, running, dead or done.
    List {
        /// Which.
        #[arg(
            default_value = "dead",
            value_parser = PossibleValuesParser::new(STATES).try_map(|state| state.parse::<JobState>()),
        )]
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
pub(crate) async fn run(toolbox: &Toolbox, command: Command, form: Form) -> Result<(), BoxError> {
    let config = &toolbox.config;
    let stores = config.stores()?;
    stores.migrate().await?;
    let jobs = stores.jobs(&config.process);
    match command {
        Command::List { state, limit } => {
            let listed = jobs.list(state, Limit::page(limit).unwrap_or_default()).await?;
            let rows = listed.into_iter().map(|(engine, job)| {
                [
                    job.id.to_string().into(),
                    engine.into(),
                    job.kind.into(),
                    job.key.into(),
                    job.attempts.into(),
                    job.last_error.into(),
                ]
            });
            form.table(["id", "engine", "kind", "key", "attempts", "error"], rows)
        }
        Command::Retry { id } => match jobs.retry(id).await? {
            true => Ok(()),
            false => Err("no dead job has this id".into()),
        },
    }
}
