//! Where the sockets come from: Engine.IO 4 by engineioxide, the lower half of socketioxide.
//!
//! The only module that knows it. Another transport takes its place by opening a [`Client`] for each
//! connection, handing it what comes in, and carrying what goes out as a [`Transport`].

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::body::Bytes;
use engineioxide::{
    DisconnectReason, Socket, Str, config::EngineIoConfig, handler::EngineIoHandler, layer::EngineIoLayer,
};

use crate::{
    client::Client,
    frame::Frame,
    node::Node,
    outbox::{Handed, Transport},
    settings::Settings,
};

/// Serves `/socket.io/` over websocket and polling.
pub(crate) fn layer(node: &Arc<Node>) -> EngineIoLayer<Sockets> {
    let Settings { payload_limit, transport_packets, ping_interval, ping_timeout, .. } = &node.settings;
    let config = EngineIoConfig::builder()
        .req_path("/socket.io")
        .max_buffer_size((*transport_packets).max(2))
        // Bounds polling only.
        .max_payload(*payload_limit as u64)
        .ws_max_message_size(*payload_limit)
        .ws_max_frame_size(*payload_limit)
        .ping_interval(*ping_interval)
        .ping_timeout(*ping_timeout)
        .build();
    let sockets = Sockets { node: Arc::clone(node) };
    EngineIoLayer::from_config(Arc::new(sockets), config)
}

/// Opens a [`Client`] for each connection.
#[derive(Clone)]
pub(crate) struct Sockets {
    node: Arc<Node>,
}

impl fmt::Debug for Sockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sockets")
    }
}

/// What the transport keeps for a connection.
#[derive(Default)]
pub(crate) struct Connection(Mutex<Option<Client>>);

impl Connection {
    // Nothing panics while it holds the lock.
    fn client(&self) -> MutexGuard<'_, Option<Client>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EngineIoHandler for Sockets {
    type Data = Connection;

    fn on_connect(self: Arc<Self>, socket: Arc<Socket<Connection>>) {
        let transport = Box::new(EngineIo(Arc::clone(&socket)));
        let client = Client::open(&self.node, transport, socket.id.to_string());
        *socket.data.client() = Some(client);
    }

    fn on_disconnect(&self, socket: Arc<Socket<Connection>>, reason: DisconnectReason) {
        tracing::debug!(?reason, "a connection ended");
        drop(socket.data.client().take());
    }

    fn on_message(self: &Arc<Self>, text: Str, socket: Arc<Socket<Connection>>) {
        if let Some(client) = socket.data.client().as_ref() {
            client.receive(&text);
        }
    }

    fn on_binary(self: &Arc<Self>, _: Bytes, _: Arc<Socket<Connection>>) {
        // The event that it belongs to was answered with an error.
        tracing::debug!("binary is not taken here");
    }
}

/// A connection as the outbox knows it.
struct EngineIo(Arc<Socket<Connection>>);

impl Transport for EngineIo {
    fn try_send(&self, frame: &Frame) -> Handed {
        // One place stays free: a ping that finds none ends the connection.
        match (self.0.reserve(), self.0.reserve()) {
            (Ok(place), Ok(_)) => {
                place.emit(Str::copy_from_slice(frame.as_str()));
                Handed::Taken
            }
            _ if self.0.is_closed() => Handed::Gone,
            _ => Handed::Full,
        }
    }

    fn close(&self) {
        self.0.close(DisconnectReason::ClosingServer);
    }
}
