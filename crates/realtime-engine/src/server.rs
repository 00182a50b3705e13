//! The port of a realtime server: Socket.IO, and is it well?

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use engine_interfaces::{Dependencies, Health};
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::{
    errors::{ErrorCode, Refusal},
    node::Node,
    socket_io,
};

/// Whether this server wants clients.
#[derive(Clone)]
pub(crate) struct Ready {
    pub(crate) dependencies: Arc<dyn Dependencies>,
    /// Cancelled once the end has begun.
    pub(crate) draining: CancellationToken,
}

/// All that is served.
pub(crate) fn router(node: &Arc<Node>, ready: Ready) -> Router {
    let origins: Vec<HeaderValue> =
        node.settings.allowed_origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.clone()))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE]);
    Router::new()
        .route("/livez", get(StatusCode::OK))
        .route("/readyz", get(readyz))
        .fallback(|| async { refuse(StatusCode::NOT_FOUND, "There is nothing at this path") })
        .with_state(ready)
        .layer(socket_io::layer(node))
        .layer(cors)
        .layer(middleware::from_fn_with_state(origins.into(), check_origin))
}

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
