//! `parlour serve`: everything, until it is told to stop.

use std::{sync::Arc, time::Duration};

use broker::LocalBroker;
use composition::{
    HAS_PAGE,
    operations::Operations,
    process::{bind, greet, name, stop_signal, tokio_listener},
    settings::Addresses,
};
use engine_interfaces::BoxError;

use crate::config::Config;

/// Runs until SIGTERM or Ctrl-C; then finishes what is in hand.
pub(crate) async fn run(config: &Config) -> Result<(), BoxError> {
    let Config { http, sockets, web, accounts, process, .. } = config;
    let api = bind("API_LISTEN", http.api_listen, process)?;
    let realtime = bind("REALTIME_LISTEN", sockets.realtime_listen, process)?;
    let operations = Operations::open(process)?;
    let addresses = Addresses { api: api.local_addr()?, realtime: realtime.local_addr()? };
    let broker = LocalBroker::default();
    let engines = config.engines(Arc::new(broker.clone())).await?;

    let stop = stop_signal()?;
    let metrics = operations.address();
    operations.serve(&engines, engines.serving(), stop.clone());
    let stopped = || stop.clone().cancelled_owned();
    let lag = engines.ring_lag(Duration::ZERO);
    let jobs = tokio::spawn(engines.runner(process.jobs(), lag).run(stopped()));
    let ring = broker.ring(engines.ring_parts(), process.rings());
    engines.chat.sweep(ring.share());
    let ring = tokio::spawn(ring.run(name("parlour"), stopped()));
    let real_time = engines.realtime(sockets.realtime(web, process, addresses));
    let (listener, until) = (tokio_listener(realtime)?, stopped());
    let real_time = tokio::spawn(async move { real_time.serve(listener, until).await });

    greet(
        "Parlour",
        &[
            (
                "Page",
                if HAS_PAGE { format!("http://{}/", addresses.api) } else { "not in this build".into() },
            ),
            ("API", format!("http://{}/api/v1", addresses.api)),
            ("Docs", format!("http://{}/docs", addresses.api)),
            ("Realtime", format!("http://{}", addresses.realtime)),
            ("Secrets", config.data_dir.display().to_string()),
        ],
        metrics,
    )?;
    let http = engines.api(http.api(accounts, web, process, config.reach(), addresses));
    http.serve(api, stopped()).await?;
    // Whatever ended the API ends the rest.
    stop.cancel();
    real_time.await??;
    ring.await?;
    engines.chat.drain().await;
    jobs.await??;
    tracing::info!("stopped");
    Ok(())
}
