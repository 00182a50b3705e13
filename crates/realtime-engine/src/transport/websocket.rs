//! Websockets: a request that has become one, and what comes in over it.

use std::{future::poll_fn, io, sync::Arc};

use hyper::upgrade::{OnUpgrade, Parts};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time};

use super::{
    Carrier, Connection, Connections,
    decoder::{Decoder, Said, Violation},
    http,
};
use crate::{frame::Frame, outbox::Transport, stall::StallGuard};

/// What is read at once.
const BUFFER: usize = 8 * 1024;
/// How often one client is read from before others have their turn.
const READS: usize = 8;

/// Takes the stream over from the request, and reads from it: for a connection of its own, or one that polled.
pub(super) async fn take_over(
    connections: Arc<Connections>,
    connection: Option<Arc<Connection>>,
    upgraded: OnUpgrade,
) {
    let settings = &connections.node.settings;
    let (limit, patience) = (settings.payload_limit, settings.connect_timeout);
    let Ok(Ok(upgraded)) = time::timeout(patience, upgraded).await else {
        return;
    };
    let Ok(Parts { io, read_buf, .. }) = upgraded.downcast::<TokioIo<StallGuard>>() else {
        return tracing::error!("a websocket came from a listener that is not ours");
    };
    let stream = Arc::new(io.into_inner().stream);
    let way = if connection.is_some() { Way::Knocking } else { Way::Open };
    let connection = match connection {
        Some(connection) => connection,
        None => match connections.open(Carrier::websocket(Arc::clone(&stream))) {
            Some(connection) => {
                let opening = http::opening(&connections, &connection, &[]);
                connection.carrier().write(&opening, 0);
                connection
            }
            None => return drop(stream.try_write(Frame::close(TRY_AGAIN_LATER).bytes())),
        },
    };
    let mut reader = Reader { connections, connection, stream, way, decoder: Decoder::new(limit) };
    let going_on = reader.take(&mut read_buf.to_vec())
        && time::timeout(patience, reader.until_it_took_over()).await.unwrap_or(false);
    if going_on {
        // A task of its own: this one's future holds more than an idle connection needs.
        tokio::spawn(reader.read());
    } else {
        reader.end();
    }
}

/// RFC 6455 has it from IANA: the server has no room.
const TRY_AGAIN_LATER: u16 = 1_013;

struct Reader {
    connections: Arc<Connections>,
    connection: Arc<Connection>,
    stream: Arc<TcpStream>,
    way: Way,
    decoder: Decoder,
}

/// How far a websocket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Its connection polls.
    Knocking,
    /// The same, and it is the one that is to take over.
    Probed,
    /// The connection goes by it.
    Open,
}

impl Reader {
    async fn read(mut self) {
        // `readable` would have every idle connection's future hold a waiter: nobody else reads from this stream.
        while poll_fn(|cx| self.stream.poll_read_ready(cx)).await.is_ok() && self.take_what_came() {}
        self.end();
    }

    /// True once the connection goes by this websocket.
    async fn until_it_took_over(&mut self) -> bool {
        while self.way != Way::Open {
            if self.stream.readable().await.is_err() || !self.take_what_came() {
                return false;
            }
        }
        true
    }

    /// Reads without waiting. False when it is over.
    fn take_what_came(&mut self) -> bool {
        let mut buffer = [0; BUFFER];
        for _ in 0..READS {
            match self.stream.try_read(&mut buffer) {
                Ok(0) => return false,
                Ok(read) => {
                    if !self.take(buffer.get_mut(..read).unwrap_or_default()) {
                        return false;
                    }
                }
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            }
        }
        true
    }

    /// Takes bytes. False when it is over.
    fn take(&mut self, bytes: &mut [u8]) -> bool {
        let Self { connection, stream, way, decoder, .. } = self;
        let mut going_on = true;
        let fed = decoder.feed(bytes, |said| {
            going_on = going_on
                && match said {
                    Said::Text(packet) if *way == Way::Open => connection.receive(packet),
                    Said::Text(packet) => go_on(way, connection, stream, packet),
                    Said::Ping(body) if *way != Way::Open => {
                        stream.try_write(Frame::pong(body).bytes()).is_ok()
                    }
                    Said::Ping(body) => {
                        connection.client.write(Frame::pong(body));
                        true
                    }
                    // The event that a binary message belongs to was answered with an error.
                    Said::Binary | Said::Pong => true,
                    Said::Close => false,
                };
        });
        if let Err(violation) = fed {
            tracing::debug!(?violation, "a client does not keep to the protocol");
            self.break_off(violation);
        }
        going_on && fed.is_ok()
    }

    fn break_off(&self, violation: Violation) {
        if self.way == Way::Open {
            self.connection.carrier().end(violation as u16);
        }
    }

    /// The websocket is gone, and its connection with it; one that still polls goes on.
    fn end(self) {
        match self.way {
            Way::Knocking => {}
            Way::Probed => self.connection.carrier().give_up_probe(),
            Way::Open => self.connections.end(&self.connection),
        }
    }
}

/// A websocket wants to take a connection over: it shows that it gets through, and then that the client is ready.
fn go_on(way: &mut Way, connection: &Connection, stream: &Arc<TcpStream>, packet: &str) -> bool {
    match (*way, packet) {
        (Way::Knocking, "2probe") if connection.carrier().probe() => {
            *way = Way::Probed;
            let answer = Frame::engine("3probe");
            stream.try_write(answer.bytes()).is_ok_and(|out| out == answer.len())
        }
        (Way::Probed, "5") if connection.carrier().upgrade(stream) => {
            *way = Way::Open;
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size<F: Future>(_: impl FnOnce(Reader) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn who_reads_from_an_idle_socket_is_small() {
        let size = size(Reader::read);
        assert!(
            size <= 224,
            "{size} bytes for each of thousands: 128 more, and its task takes the next size"
        );
    }
}
