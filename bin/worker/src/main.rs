//! `worker`: the jobs, the work on topics and the sweep of lost hints, as a process of their own. Any number may
//! run: they share the work.

use std::process::ExitCode;

use clap::Parser;
use composition::{
    operations::Operations,
    process::{self, greet, stop_signal},
    settings::{self, MailSettings, RingSettings, WebhookSettings},
    shared::SharedSettings,
};
use engine_interfaces::BoxError;

/// Parlour's workers. Need PostgreSQL; without Redis the jobs go on, and what follows from messages waits.
#[derive(Parser)]
#[command(version)]
struct Config {
    #[command(flatten)]
    shared: SharedSettings,
    #[command(flatten)]
    rings: RingSettings,
    #[command(flatten)]
    mail: MailSettings,
    #[command(flatten)]
    webhooks: WebhookSettings,
}

#[tokio::main]
async fn main() -> ExitCode {
    let config: Config = settings::parse();
    process::run("worker", &config.shared.process, run(&config)).await
}

async fn run(config: &Config) -> Result<(), BoxError> {
    let mailing = config.mail.mailing()?;
    let Some(shared) = config.shared.checked()? else {
        return Ok(());
    };
    let process = &config.shared.process;
    let operations = Operations::open(process)?;
    let (engines, broker) =
        shared.start(Default::default(), config.rings.chat(), config.webhooks.webhooks()).await?;
    let engines = engines.mailing(mailing);

    let stop = stop_signal()?;
    let metrics = operations.address();
    operations.serve(&engines, engines.working(), stop.clone());
    let ring = broker.ring(engines.ring_parts(), process.rings());
    engines.chat.sweep(ring.share());
    let ring = tokio::spawn(ring.run(process::name("worker"), stop.clone().cancelled_owned()));
    greet("Parlour worker", &[], metrics)?;
    let lag = engines.ring_lag(process.rings().clock_skew);
    engines.runner(process.jobs(), lag).run(stop.clone().cancelled_owned()).await?;
    // Whatever ended the jobs ends the rest.
    stop.cancel();
    ring.await?;
    engines.chat.drain().await;
    tracing::info!("stopped");
    Ok(())
}
