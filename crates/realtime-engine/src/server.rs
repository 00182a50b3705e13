//! The port of a realtime server: Socket.IO, and is it well?

use std::{pin::pin, sync::Arc};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get},
    serve::Listener,
};
use engine_interfaces::{Dependencies, Health};
use hyper::server::conn::http1::{self, UpgradeableConnection};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::{
    errors::{ErrorCode, Refusal},
    settings::Settings,
    stall::{StallGuard, StallListener},
    transport::{self, Connections},
};

/// Whether this server wants clients.
#[derive(Clone)]
pub(crate) struct Ready {
    pub(crate) dependencies: Arc<dyn Dependencies>,
    /// Cancelled once the end has begun.
    pub(crate) draining: CancellationToken,
}

/// All that is served.
pub(crate) fn router(connections: &Arc<Connections>, ready: Ready) -> Router {
    let origins: Vec<HeaderValue> =
        connections.node.settings.allowed_origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.clone()))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE]);
    let sockets = Router::new()
        .route("/socket.io/", any(transport::serve))
        .route("/socket.io", any(transport::serve))
        .with_state(Arc::clone(connections));
    Router::new()
        .route("/livez", get(StatusCode::OK))
        .route("/readyz", get(readyz))
        .fallback(|| async { refuse(StatusCode::NOT_FOUND, "There is nothing at this path") })
        .with_state(ready)
        .merge(sockets)
        .layer(cors)
        .layer(middleware::from_fn_with_state(origins.into(), check_origin))
}

/// Serves connections until `closing`, and then waits for the requests that are being answered.
pub(crate) async fn serve(
    mut listener: StallListener,
    router: Router,
    settings: &Settings,
    closing: CancellationToken,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(settings.request_timeout)
        .max_buf_size(settings.head_limit);
    let service = TowerToHyperService::new(router);
    let served = TaskTracker::new();
    loop {
        let stream = tokio::select! {
            (stream, _) = listener.accept() => stream,
            () = closing.cancelled() => break,
        };
        let connection = http.serve_connection(TokioIo::new(stream), service.clone()).with_upgrades();
        served.spawn(until_done(connection, closing.clone()));
    }
    drop(listener);
    served.close();
    served.wait().await;
}

async fn until_done(connection: Connection, closing: CancellationToken) {
    let mut connection = pin!(connection);
    let done = tokio::select! {
        done = connection.as_mut() => done,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = done {
        tracing::debug!(%error, "a request broke off");
    }
}

type Connection = UpgradeableConnection<TokioIo<StallGuard>, TowerToHyperService<Router>>;

async fn readyz(State(ready): State<Ready>) -> Response {
    let health = Health::new(ready.draining.is_cancelled(), ready.dependencies.states().await);
    let status = if health.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health)).into_response()
}

/// A page from elsewhere may not connect with what its visitor's browser knows. Websockets know no CORS,
/// so that the server has to look itself.
async fn check_origin(State(allowed): State<Arc<[HeaderValue]>>, request: Request, next: Next) -> Response {
    match request.headers().get(header::ORIGIN) {
        Some(origin) if !allowed.contains(origin) => {
            refuse(StatusCode::FORBIDDEN, "This origin is not allowed")
        }
        _ => next.run(request).await,
    }
}

fn refuse(status: StatusCode, message: &'static str) -> Response {
    let code = match status {
        StatusCode::FORBIDDEN => ErrorCode::Forbidden,
        _ => ErrorCode::PathNotFound,
    };
    (status, Json(Refusal::saying(code, message))).into_response()
}
