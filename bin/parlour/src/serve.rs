//! `parlour serve`: everything, until it is told to stop.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use api_engine::ApiEngine;
use engine_interfaces::BoxError;
use metrics_exporter_prometheus::PrometheusBuilder;
use realtime_engine::RealtimeEngine;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{
    commands::say,
    compose::{Parlour, api_settings, realtime_settings},
    config::{Config, Switch},
};

/// Runs until SIGTERM or Ctrl-C; then finishes what is in hand.
pub(crate) async fn run(config: Config) -> Result<(), BoxError> {
    let api = bind("API_LISTEN", config.api_listen)?;
    let realtime = bind("REALTIME_LISTEN", config.realtime_listen)?;
    measure(&config)?;
    let config = with_addresses(config, api.local_addr()?, realtime.local_addr()?);
    let parlour = Parlour::open(&config).await?;

    let stop = CancellationToken::new();
    stop_on_signals(stop.clone())?;
    let jobs = tokio::spawn(parlour.runner(&config).run(stop.clone().cancelled_owned()));
    let real_time = RealtimeEngine::new(
        parlour.auth.clone(),
        parlour.chat.clone(),
        parlour.broker.clone(),
        parlour.clock.clone(),
        realtime_settings(&config),
    );
    let (listener, stopped) = (tokio_listener(realtime)?, stop.clone().cancelled_owned());
    let real_time = tokio::spawn(async move { real_time.serve(listener, stopped).await });
    let http = ApiEngine {
        authentication: parlour.auth.clone(),
        chat: parlour.chat.clone(),
        clock: parlour.clock.clone(),
        settings: api_settings(&config),
    };

    greet(&config)?;
    http.serve(api, stop.clone().cancelled_owned()).await?;
    // Whatever ended the API ends the rest.
    stop.cancel();
    real_time.await??;
    parlour.chat.drain().await;
    jobs.await??;
    tracing::info!("stopped");
    Ok(())
}

/// The addresses as they are bound, and what follows from them by default.
fn with_addresses(mut config: Config, api: SocketAddr, realtime: SocketAddr) -> Config {
    config.api_listen = api;
    config.realtime_listen = realtime;
    config
        .realtime_url
        .get_or_insert_with(|| format!("http://{realtime}"));
    config.allowed_origins.get_or_insert_with(|| {
        let names = ["127.0.0.1", "localhost", "[::1]"];
        let ports = [api.port(), realtime.port()];
        names
            .iter()
            .flat_map(|name| ports.map(|port| format!("http://{name}:{port}")))
            .collect()
    });
    config
}

fn bind(setting: &str, address: SocketAddr) -> Result<TcpListener, BoxError> {
    TcpListener::bind(address).map_err(|error| {
        format!("{setting}={address}: {error}; name a free address of this machine, such as 127.0.0.1:0")
            .into()
    })
}

fn tokio_listener(listener: TcpListener) -> io::Result<tokio::net::TcpListener> {
    listener.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(listener)
}

/// Serves the metrics on a port of their own.
fn measure(config: &Config) -> Result<(), BoxError> {
    let Switch::On(address) = config.metrics_listen else {
        return Ok(());
    };
    PrometheusBuilder::new()
        .with_http_listener(address)
        .install()
        .map_err(|error| {
            format!("METRICS_LISTEN={address}: {error}; name a free address of this machine, or `off`").into()
        })
}

fn stop_on_signals(stop: CancellationToken) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stop.cancel();
    });
    Ok(())
}

fn greet(config: &Config) -> Result<(), BoxError> {
    let api = config.api_listen;
    say(&format!("Parlour {}", env!("CARGO_PKG_VERSION")))?;
    say(&format!("  API        http://{api}/api/v1"))?;
    say(&format!("  Docs       http://{api}/docs"))?;
    say(&format!("  Realtime   http://{}", config.realtime_listen))?;
    if let Switch::On(metrics) = config.metrics_listen {
        say(&format!("  Metrics    http://{metrics}/metrics"))?;
    }
    say(&format!("  Secrets    {}", config.data_dir.display()))?;
    say("Ready. Ctrl-C stops it.")
}
