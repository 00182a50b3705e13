//! The port for whoever operates a process: its metrics, and is it well?

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use engine_interfaces::{BoxError, Dependencies, Health};
use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    time::{interval, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Engines,
    process::{bind, tokio_listener},
    process_meters::ProcessMeters,
    settings::{ProcessSettings, Switch},
    watch,
};

/// How many connections there are at once.
const CONNECTIONS: usize = 64;
/// How long the head of a request may take.
const HEAD_LIMIT: Duration = Duration::from_secs(5);
/// How long to wait when no connection can be taken.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// How often what was measured is put together, so that it does not grow while nobody asks.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// The upper ends of the histograms' buckets, in seconds: a delivery takes a millisecond, a job may take a minute.
const SECONDS: [f64; 16] =
    [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];
/// The same, of what is counted.
const SIZES: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// The port, taken but not served yet.
pub struct Operations {
    port: Option<(TcpListener, PrometheusHandle)>,
}

/// What is served.
struct Served {
    metrics: PrometheusHandle,
    dependencies: Arc<dyn Dependencies>,
    stop: CancellationToken,
    usage: ProcessMeters,
}

impl Operations {
    /// Takes the port that METRICS_LISTEN names, and measures from now on.
    ///
    /// # Errors
    /// Names the setting and the cure.
    pub fn open(settings: &ProcessSettings) -> Result<Self, BoxError> {
        let Switch::On(address) = settings.metrics_listen else {
            return Ok(Self { port: None });
        };
        let listener = tokio_listener(bind("METRICS_LISTEN", address, settings)?)?;
        let metrics = recorder()?;
        watch::describe();
        Ok(Self { port: Some((listener, metrics)) })
    }

    /// Where they are served; none where they are off.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.port.as_ref().and_then(|(listener, _)| listener.local_addr().ok())
    }

    /// Serves `/metrics`, `/livez` and `/readyz`, which is red where something that is needed is away, and from
    /// `stop` on. Goes on in a task of its own.
    pub fn serve(self, engines: &Engines, dependencies: Arc<dyn Dependencies>, stop: CancellationToken) {
        let Some((listener, metrics)) = self.port else {
            return;
        };
        tokio::spawn(watch::pools(engines.stores()));
        tokio::spawn(watch::dependencies(Arc::clone(&dependencies)));
        let upkeep = metrics.clone();
        tokio::spawn(async move {
            let mut turn = interval(UPKEEP_EVERY);
            loop {
                turn.tick().await;
                upkeep.run_upkeep();
            }
        });
        tokio::spawn(accept(
            listener,
            Arc::new(Served { metrics, dependencies, stop, usage: ProcessMeters::new() }),
        ));
    }
}

/// Histograms, and no summaries: those of several processes can be added up.
fn recorder() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_size".into()), &SIZES)?
        .install_recorder()
}

async fn accept(listener: TcpListener, served: Arc<Served>) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    while let Ok(place) = Arc::clone(&connections).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(ACCEPT_AGAIN).await;
            continue;
        };
        let served = Arc::clone(&served);
        tokio::spawn(async move {
            let answer = service_fn(|request| {
                let served = Arc::clone(&served);
                async move { Ok::<_, Infallible>(served.answer(&request).await) }
            });
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT);
            // Who asked may hang up.
            let _ = server.serve_connection(TokioIo::new(stream), answer).await;
            drop(place);
        });
    }
}

impl Served {
    async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        match request.uri().path() {
            "/metrics" => {
                self.usage.measure();
                told(StatusCode::OK, "text/plain; version=0.0.4", self.metrics.render())
            }
            "/livez" => told(StatusCode::OK, "text/plain", "OK"),
            "/readyz" => {
                let health = Health::new(self.stop.is_cancelled(), self.dependencies.states().await);
                let status = if health.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
                told(status, "application/json", serde_json::to_vec(&health).unwrap_or_default())
            }
            _ => told(StatusCode::NOT_FOUND, "text/plain", "There is nothing at this path"),
        }
    }
}

fn told(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
