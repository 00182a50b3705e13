//! A Socket.IO 5 client over a websocket: as much of it as a reader needs.

use std::time::Duration;

use engine_interfaces::BoxError;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

/// How long an official client waits to be let in.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);
/// How long an official client believes in a server that says nothing: its ping interval and ping timeout.
const SILENCE_LIMIT: Duration = Duration::from_secs(45);

/// A socket that was let in.
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What a server says.
#[derive(Debug)]
pub(crate) enum Heard {
    /// An event and its payload.
    Event(String, Value),
    /// The server does not want this client back.
    PutOut,
}

/// Why a client was not let in.
pub(crate) enum Refused {
    /// It may try again.
    Away,
    /// It has to show something else first: the error body's code.
    Code(u64),
}

impl<E: Into<BoxError>> From<E> for Refused {
    fn from(_: E) -> Self {
        Self::Away
    }
}

impl Socket {
    /// Connects to the server at `address`, and says who is there and what they have.
    pub(crate) async fn connect(address: &str, auth: &Value) -> Result<Self, Refused> {
        timeout(CONNECT_LIMIT, Self::introduce(address, auth)).await?
    }

    async fn introduce(address: &str, auth: &Value) -> Result<Self, Refused> {
        let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
        let (stream, _) = tokio_tungstenite::connect_async(url).await?;
        let mut socket = Self(stream);
        socket.text().await?;
        socket.0.send(Message::text(format!("40{auth}"))).await?;
        loop {
            let text = socket.text().await?;
            if text.starts_with("40") {
                return Ok(socket);
            }
            if let Some(error) = text.strip_prefix("44") {
                let error: Value = serde_json::from_str(error)?;
                return Err(Refused::Code(error["data"]["code"].as_u64().unwrap_or_default()));
            }
        }
    }

    /// The next thing that the server says.
    pub(crate) async fn hear(&mut self) -> Result<Heard, BoxError> {
        loop {
            let text = self.text().await?;
            if let Some(event) = text.strip_prefix("42") {
                let (name, payload) = serde_json::from_str(event)?;
                return Ok(Heard::Event(name, payload));
            }
            if text.starts_with("41") {
                return Ok(Heard::PutOut);
            }
        }
    }

    /// The next packet that is no ping.
    async fn text(&mut self) -> Result<String, BoxError> {
        loop {
            match timeout(SILENCE_LIMIT, self.0.next()).await?.ok_or("the connection ended")?? {
                Message::Text(text) if text.as_str() == "2" => self.0.send(Message::text("3")).await?,
                Message::Text(text) => return Ok(text.as_str().to_owned()),
                Message::Close(_) => return Err("the connection was closed".into()),
                _ => {}
            }
        }
    }
}
