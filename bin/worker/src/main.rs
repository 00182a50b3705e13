//! `worker`: the jobs, and the sweep of lost hints, as a process of their own. Any number may run: they share
//! the work.

use std::process::ExitCode;

use clap::Parser;
use composition::{
    logs,
    process::{self, greet, measure, stop_signal},
    settings,
    shared::SharedSettings,
};
use engine_interfaces::BoxError;

/// Parlour's workers. Need PostgreSQL; without Redis the jobs go on, and the hints wait.
#[derive(Parser)]
#[command(version)]
struct Config {
    #[command(flatten)]
    shared: SharedSettings,
}

#[tokio::main]
async fn main() -> ExitCode {
    let config: Config = settings::parse();
    logs::start(config.shared.process.log_format);
    process::exit_code("worker", run(&config).await)
}

async fn run(config: &Config) -> Result<(), BoxError> {
    let Some(shared) = config.shared.checked()? else {
        return Ok(());
    };
    let process = &config.shared.process;
    measure(process)?;
    let engines = shared.start(Default::default(), Default::default()).await?;

    let stop = stop_signal()?;
    greet("Parlour worker", &[], process)?;
    engines.runner(process.jobs()).run(stop.cancelled_owned()).await?;
    engines.chat.drain().await;
    tracing::info!("stopped");
    Ok(())
}
