//! What carries the packets of one connection: requests that wait for an answer, or a websocket.

use std::{
    io, mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rustix::{
    io::Errno,
    net::{SendFlags, Shutdown, send, shutdown},
};
use tokio::{net::TcpStream, sync::Notify};

use crate::{
    frame::Frame,
    outbox::{Handed, Transport},
};

/// The code of a websocket's usual end.
const NORMAL: u16 = 1_000;

/// A connection begins as either, and may go over from polling to a websocket.
pub(crate) struct Carrier {
    state: Mutex<State>,
    /// Whoever waits to write looks again.
    writable: Notify,
    /// The request that waits looks again.
    readable: Notify,
    /// What an answer to a request carries at most, in bytes, when it is more than one packet.
    answer_limit: usize,
}

enum State {
    Polling(Polling),
    Websocket(Arc<TcpStream>),
    Gone,
}

#[derive(Default)]
struct Polling {
    /// Does a request wait?
    waiting: bool,
    /// What it is answered with.
    answer: Vec<Frame>,
    /// A websocket is about to take over: nothing more goes this way.
    probed: bool,
}

/// Why a request can't wait for packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPoll {
    /// Another one waits already.
    Taken,
    /// The connection is gone, or has a websocket.
    Gone,
}

impl Carrier {
    /// For a client that will ask for its packets.
    pub(crate) fn polling(answer_limit: usize) -> Self {
        Self::new(State::Polling(Polling::default()), answer_limit)
    }

    /// For a client that has a websocket.
    pub(crate) fn websocket(stream: Arc<TcpStream>) -> Self {
        Self::new(State::Websocket(stream), 0)
    }

    fn new(state: State, answer_limit: usize) -> Self {
        Self { state: Mutex::new(state), writable: Notify::new(), readable: Notify::new(), answer_limit }
    }

    /// Is there nothing left to carry anything?
    pub(crate) fn is_gone(&self) -> bool {
        matches!(*self.lock(), State::Gone)
    }

    /// Waits for packets. One request at a time may.
    pub(crate) async fn poll(&self) -> Result<Vec<Frame>, NoPoll> {
        let _waiting = self.begin_poll()?;
        self.writable.notify_waiters();
        loop {
            let readable = self.readable.notified();
            tokio::pin!(readable);
            readable.as_mut().enable();
            if let Some(answer) = self.take_answer() {
                return Ok(answer);
            }
            readable.await;
        }
    }

    fn begin_poll(&self) -> Result<Waiting<'_>, NoPoll> {
        match &mut *self.lock() {
            State::Polling(polling) if polling.waiting => Err(NoPoll::Taken),
            State::Polling(polling) => {
                polling.waiting = true;
                Ok(Waiting(self))
            }
            State::Websocket(_) | State::Gone => Err(NoPoll::Gone),
        }
    }

    fn take_answer(&self) -> Option<Vec<Frame>> {
        match &mut *self.lock() {
            State::Polling(polling) if !polling.answer.is_empty() => Some(mem::take(&mut polling.answer)),
            // Sends the client over to its websocket.
            State::Polling(Polling { probed: true, .. }) | State::Websocket(_) => {
                Some(vec![Frame::engine("6")])
            }
            State::Polling(_) => None,
            State::Gone => Some(vec![Frame::engine("1")]),
        }
    }

    /// A websocket was opened to take over: nothing more is given to requests. False when none may.
    pub(crate) fn probe(&self) -> bool {
        let probed = match &mut *self.lock() {
            State::Polling(polling) => !mem::replace(&mut polling.probed, true),
            State::Websocket(_) | State::Gone => false,
        };
        self.readable.notify_waiters();
        probed
    }

    /// The websocket did not take over: requests are given packets again.
    pub(crate) fn give_up_probe(&self) {
        if let State::Polling(polling) = &mut *self.lock() {
            polling.probed = false;
        }
        self.writable.notify_waiters();
    }

    /// The websocket takes over. False when the client has not read what it was given before.
    pub(crate) fn upgrade(&self, stream: &Arc<TcpStream>) -> bool {
        let mut state = self.lock();
        let ready = matches!(&*state, State::Polling(polling) if polling.probed && polling.answer.is_empty());
        if ready {
            *state = State::Websocket(Arc::clone(stream));
        }
        drop(state);
        self.writable.notify_waiters();
        self.readable.notify_waiters();
        ready
    }

    /// Ends the connection, saying why where there is a way to.
    pub(crate) fn end(&self, code: u16) {
        let state = mem::replace(&mut *self.lock(), State::Gone);
        if let State::Websocket(stream) = state {
            // Said if there is room; it ends in any case.
            let _ = stream.try_write(Frame::close(code).bytes());
            let _ = shutdown(&*stream, Shutdown::Both);
        }
        self.writable.notify_waiters();
        self.readable.notify_waiters();
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Polling {
    fn has_room(&self, limit: usize) -> bool {
        let size: usize = self.answer.iter().map(Frame::len).sum();
        self.waiting && !self.probed && size < limit
    }
}

impl Transport for Carrier {
    fn write(&self, frame: &Frame, from: usize) -> Handed {
        match &mut *self.lock() {
            State::Websocket(stream) => hand_to(stream, frame.bytes().get(from..).unwrap_or_default()),
            State::Polling(polling) if polling.has_room(self.answer_limit) => {
                polling.answer.push(frame.clone());
                self.readable.notify_waiters();
                Handed::Taken(frame.len() - from)
            }
            State::Polling(_) => Handed::Taken(0),
            State::Gone => Handed::Gone,
        }
    }

    fn writable(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            loop {
                let writable = self.writable.notified();
                tokio::pin!(writable);
                writable.as_mut().enable();
                let stream = match &*self.lock() {
                    State::Websocket(stream) => Some(Arc::clone(stream)),
                    State::Polling(polling) if !polling.has_room(self.answer_limit) => None,
                    State::Polling(_) | State::Gone => return,
                };
                match stream {
                    // Broken is writable, too: the write says so.
                    Some(stream) => return drop(stream.writable().await),
                    None => writable.await,
                }
            }
        })
    }

    fn close(&self) {
        self.end(NORMAL);
    }
}

/// Asks the kernel at once, and Tokio only where that takes nothing: what Tokio knows of a stream is one place more
/// that is not in the processor's cache, where who fans out comes by thousands.
fn hand_to(stream: &TcpStream, bytes: &[u8]) -> Handed {
    let sent = send(stream, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL).or_else(|error| match error {
        // Tokio has to learn that it is full, or would say that more may be written.
        Errno::WOULDBLOCK => stream.try_write(bytes),
        error => Err(error.into()),
    });
    match sent {
        Ok(sent) => Handed::Taken(sent),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Handed::Taken(0),
        Err(_) => Handed::Gone,
    }
}

/// A request that waits, for as long as it does.
struct Waiting<'a>(&'a Carrier);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let State::Polling(polling) = &mut *self.0.lock() {
            polling.waiting = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        task::{Context, Waker},
        time::Duration,
    };

    use tokio::{io::AsyncReadExt, net::TcpListener, time::timeout};

    use super::*;

    #[tokio::test]
    async fn who_waits_for_a_full_socket_waits_until_its_client_reads() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (client, server) =
            tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        let (mut client, stream) = (client.unwrap(), Arc::new(server.unwrap().0));
        stream.writable().await.unwrap();
        let carrier = Carrier::websocket(Arc::clone(&stream));
        let frame = Frame::event("x", &"x".repeat(64 * 1024));
        let mut written = 0;
        loop {
            match carrier.write(&frame, 0) {
                Handed::Taken(0) => break,
                Handed::Taken(bytes) => written += bytes,
                Handed::Gone => panic!("the client is there"),
            }
        }
        // What the kernel tells meanwhile is heard by nobody: this runtime's thread has not waited since.
        let early = carrier.writable().as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(early.is_pending(), "nobody has read");
        let mut read = vec![0; written];
        client.read_exact(&mut read).await.unwrap();
        timeout(Duration::from_secs(10), carrier.writable()).await.expect("there is room again");
        assert_ne!(carrier.write(&frame, 0), Handed::Taken(0));
    }
}
