//! `realtime`: Socket.IO as a process of its own. Any number may run behind a balancer that keeps a client's
//! polling requests together.

use std::process::ExitCode;

use clap::Parser;
use composition::{
    operations::Operations,
    process::{self, bind, greet, stop_signal, tokio_listener},
    settings::{self, Addresses, ChatSettings, SocketSettings, WebSettings},
    shared::SharedSettings,
};
use engine_interfaces::BoxError;

/// Parlour's real time. Needs PostgreSQL; without Redis it shows what is new only as it compares with the
/// store.
#[derive(Parser)]
#[command(version)]
struct Config {
    #[command(flatten)]
    shared: SharedSettings,
    #[command(flatten)]
    sockets: SocketSettings,
    #[command(flatten)]
    web: WebSettings,
    #[command(flatten)]
    chat: ChatSettings,
}

#[tokio::main]
async fn main() -> ExitCode {
    let config: Config = settings::parse();
    process::run("realtime", &config.shared.process, run(&config)).await
}

async fn run(config: &Config) -> Result<(), BoxError> {
    let Some(shared) = config.shared.checked()? else {
        return Ok(());
    };
    let process = &config.shared.process;
    let listener = tokio_listener(bind("REALTIME_LISTEN", config.sockets.realtime_listen, process)?)?;
    let operations = Operations::open(process)?;
    let addresses = Addresses { realtime: listener.local_addr()?, ..Addresses::default() };
    // Tokens are checked here, and no passwords. The workers sweep.
    let (engines, _) = shared.start(Default::default(), config.chat.chat(), Default::default()).await?;

    let stop = stop_signal()?;
    let metrics = operations.address();
    operations.serve(&engines, engines.serving(), stop.clone());
    greet("Parlour realtime", &[("Realtime", format!("http://{}", addresses.realtime))], metrics)?;
    let settings = config.sockets.realtime(&config.web, process, addresses);
    engines.realtime(settings).serve(listener, stop.cancelled_owned()).await?;
    engines.chat.drain().await;
    tracing::info!("stopped");
    Ok(())
}
