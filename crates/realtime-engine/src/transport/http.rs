//! Engine.IO's requests: opening a connection, polling, posting, and becoming a websocket.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::json;
use sha1::{Digest, Sha1};
use tokio::time;
use uuid::Uuid;

use super::{Carrier, Connection, Connections, NoPoll, websocket};
use crate::frame::Frame;

/// Between the packets of one body.
const SEPARATOR: char = '\u{1e}';
/// RFC 6455, 1.3: what a server shows that it understood is made of this.
const ACCEPT: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

#[derive(Deserialize)]
struct Params {
    #[serde(rename = "EIO", default)]
    version: String,
    #[serde(default)]
    transport: String,
    sid: Option<String>,
}

/// Why a request is refused, with the numbers that Engine.IO has for it.
enum Refused {
    UnknownTransport,
    UnknownSession,
    BadMethod,
    BadRequest,
    UnknownVersion,
    TooLong,
    TooMany,
}

/// Serves `/socket.io/`.
pub(crate) async fn serve(State(connections): State<Arc<Connections>>, request: Request) -> Response {
    answer(&connections, request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(connections: &Arc<Connections>, request: Request) -> Result<Response, Refused> {
    let Ok(Query(Params { version, transport, sid })) = Query::try_from_uri(request.uri()) else {
        return Err(Refused::BadRequest);
    };
    if version != "4" {
        return Err(Refused::UnknownVersion);
    }
    let connection = match sid {
        Some(sid) => {
            let found = sid.parse().ok().and_then(|sid: Uuid| connections.find(sid));
            Some(found.ok_or(Refused::UnknownSession)?)
        }
        None => None,
    };
    match (transport.as_str(), request.method(), connection) {
        ("polling", &Method::GET, None) => open(connections),
        ("polling", &Method::GET, Some(connection)) => poll(connections, &connection).await,
        ("polling", &Method::POST, Some(connection)) => post(connections, &connection, request).await,
        ("websocket", &Method::GET, connection) => upgrade(connections, connection, request),
        ("polling" | "websocket", ..) => Err(Refused::BadMethod),
        _ => Err(Refused::UnknownTransport),
    }
}

fn open(connections: &Connections) -> Result<Response, Refused> {
    let carrier = Carrier::polling(connections.node.settings.payload_limit);
    let connection = connections.open(carrier).ok_or(Refused::TooMany)?;
    Ok(packets(&[opening(connections, &connection, &["websocket"])]))
}

/// What a connection begins with.
pub(super) fn opening(connections: &Connections, connection: &Connection, upgrades: &[&str]) -> Frame {
    let settings = &connections.node.settings;
    let body = json!({
        "sid": connection.sid.simple().to_string(),
        "upgrades": upgrades,
        "pingInterval": settings.ping_interval.as_millis() as u64,
        "pingTimeout": settings.ping_timeout.as_millis() as u64,
        "maxPayload": settings.payload_limit,
    });
    Frame::engine(&format!("0{body}"))
}

async fn poll(connections: &Connections, connection: &Connection) -> Result<Response, Refused> {
    match connection.carrier().poll().await {
        Ok(answer) => Ok(packets(&answer)),
        Err(NoPoll::Gone) => Err(Refused::UnknownSession),
        Err(NoPoll::Taken) => {
            // Two requests at once would get the packets in any order.
            connections.end(connection);
            Err(Refused::BadRequest)
        }
    }
}

async fn post(
    connections: &Connections,
    connection: &Connection,
    request: Request,
) -> Result<Response, Refused> {
    let settings = &connections.node.settings;
    let body = to_bytes(request.into_body(), settings.payload_limit);
    let refused = match time::timeout(settings.request_timeout, body).await {
        Ok(Ok(body)) => match str::from_utf8(&body) {
            Ok(body) => {
                if !body.split(SEPARATOR).all(|packet| connection.receive(packet)) {
                    connections.end(connection);
                }
                return Ok(text("ok".to_owned()));
            }
            Err(_) => Refused::BadRequest,
        },
        Ok(Err(_)) => Refused::TooLong,
        Err(_) => Refused::BadRequest,
    };
    connections.end(connection);
    Err(refused)
}

fn upgrade(
    connections: &Arc<Connections>,
    connection: Option<Arc<Connection>>,
    mut request: Request,
) -> Result<Response, Refused> {
    let accept = accept(request.headers()).ok_or(Refused::BadRequest)?;
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(websocket::take_over(Arc::clone(connections), connection, upgraded));
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("Upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers, Body::empty()).into_response())
}

/// The answer to a websocket's opening; none when it is no such thing.
fn accept(headers: &HeaderMap) -> Option<HeaderValue> {
    let has = |name, wanted: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(wanted))
    };
    let asked = has(header::CONNECTION, "upgrade")
        && has(header::UPGRADE, "websocket")
        && has(header::SEC_WEBSOCKET_VERSION, "13");
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| asked)?;
    let digest = Sha1::new().chain_update(key.as_bytes()).chain_update(ACCEPT).finalize();
    STANDARD.encode(digest).parse().ok()
}

fn packets(frames: &[Frame]) -> Response {
    let packets: Vec<_> = frames.iter().flat_map(Frame::packets).collect();
    text(packets.join(&SEPARATOR.to_string()))
}

fn text(body: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=UTF-8"), (header::CACHE_CONTROL, "no-store")], body)
        .into_response()
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::UnknownTransport => (StatusCode::BAD_REQUEST, 0, "Transport unknown"),
            Self::UnknownSession => (StatusCode::BAD_REQUEST, 1, "Session ID unknown"),
            Self::BadMethod => (StatusCode::BAD_REQUEST, 2, "Bad handshake method"),
            Self::BadRequest => (StatusCode::BAD_REQUEST, 3, "Bad request"),
            Self::UnknownVersion => (StatusCode::BAD_REQUEST, 5, "Unsupported protocol version"),
            Self::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, 3, "Payload too large"),
            Self::TooMany => (StatusCode::SERVICE_UNAVAILABLE, 4, "Too many connections"),
        };
        (status, axum::Json(json!({ "code": code, "message": message }))).into_response()
    }
}
