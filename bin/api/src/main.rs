//! `api`: the HTTP API as a process of its own. Any number may run behind a balancer.

use std::process::ExitCode;

use clap::Parser;
use composition::{
    operations::Operations,
    process::{self, bind, greet, stop_signal},
    settings::{self, AccountSettings, Addresses, ChatSettings, HttpSettings, WebSettings, WebhookSettings},
    shared::SharedSettings,
};
use engine_interfaces::BoxError;

/// Parlour's HTTP API. Needs PostgreSQL; goes on without Redis.
#[derive(Parser)]
#[command(version)]
struct Config {
    #[command(flatten)]
    shared: SharedSettings,
    #[command(flatten)]
    http: HttpSettings,
    #[command(flatten)]
    web: WebSettings,
    #[command(flatten)]
    accounts: AccountSettings,
    #[command(flatten)]
    chat: ChatSettings,
    #[command(flatten)]
    webhooks: WebhookSettings,
}

#[tokio::main]
async fn main() -> ExitCode {
    let config: Config = settings::parse();
    process::run("api", &config.shared.process, run(&config)).await
}

async fn run(config: &Config) -> Result<(), BoxError> {
    let Some(shared) = config.shared.checked()? else {
        return Ok(());
    };
    let process = &config.shared.process;
    let listener = bind("API_LISTEN", config.http.api_listen, process)?;
    let operations = Operations::open(process)?;
    let addresses = Addresses { api: listener.local_addr()?, ..Addresses::default() };
    let reach = config.http.reach(&[], process);
    // The workers sweep.
    let (engines, _) =
        shared.start(config.accounts.auth(reach), config.chat.chat(), config.webhooks.webhooks()).await?;

    let stop = stop_signal()?;
    let metrics = operations.address();
    operations.serve(&engines, engines.serving(), stop.clone());
    greet("Parlour api", &[("API", format!("http://{}/api/v1", addresses.api))], metrics)?;
    let settings = config.http.api(&config.accounts, &config.web, process, reach, addresses);
    engines.api(settings).serve(listener, stop.cancelled_owned()).await?;
    engines.chat.drain().await;
    tracing::info!("stopped");
    Ok(())
}
