//! Many Socket.IO clients over websockets, which read what they are sent and check its order; as cheap as can be,
//! since they share the machine with what is measured.

use std::{
    cell::RefCell,
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use cores::Cores;
use engine_interfaces::BoxError;
use futures_util::{StreamExt, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    task::JoinSet,
    time::timeout,
};

/// How many connect at a time.
const AT_ONCE: usize = 128;
/// The longest that anything may take: the peer needs its time for 50,000 sockets.
const PATIENCE: Duration = Duration::from_secs(240);
/// So many times clients read before they step aside, if they do.
const TURN: u64 = 16;

/// So many sockets, each of which hears of one group.
pub(crate) struct Crowd {
    counts: Arc<Counts>,
    readers: JoinSet<Result<(), BoxError>>,
}

/// What has come to all of them.
#[derive(Default)]
struct Counts {
    heard: AtomicU64,
    out_of_order: AtomicU64,
    target: AtomicU64,
    reached: Notify,
    /// From the moment that a message names to its coming, in milliseconds.
    latencies: Mutex<Vec<f64>>,
    presences: AtomicU64,
    typings: AtomicU64,
    /// Who would be on other machines leaves the core to whoever waits for one.
    aside: Option<Cores>,
    reads: AtomicU64,
}

/// What messages count the time from.
static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);
/// What stands before the moment that a message names, in microseconds.
const MOMENT: &[u8] = b"\"message\":\"@";

/// The text of a message that names a moment: how long after it the message comes is measured.
pub(crate) fn text(moment: Instant) -> String {
    format!("@{} what a day it is, and how long the way home", moment.duration_since(*BEGINNING).as_micros())
}

impl Crowd {
    /// Connects one socket with each of these tokens, to each server as many.
    pub(crate) async fn connect(addresses: &[String], tokens: &[String]) -> Result<Self, BoxError> {
        Self::connect_with(Counts::default(), addresses, tokens, &[]).await
    }

    /// The same, and their reading takes no core from anybody.
    pub(crate) async fn connect_aside(addresses: &[String], tokens: &[String]) -> Result<Self, BoxError> {
        let counts = Counts { aside: Some(Cores::new()), ..Counts::default() };
        Self::connect_with(counts, addresses, tokens, &[]).await
    }

    /// The same; each then says what stands at its place in `said`, if anything does.
    pub(crate) async fn connect_saying(
        addresses: &[String],
        tokens: &[String],
        said: &[String],
    ) -> Result<Self, BoxError> {
        Self::connect_with(Counts::default(), addresses, tokens, said).await
    }

    async fn connect_with(
        counts: Counts,
        addresses: &[String],
        tokens: &[String],
        said: &[String],
    ) -> Result<Self, BoxError> {
        LazyLock::force(&BEGINNING);
        let counts = Arc::new(counts);
        let said = said.iter().cloned().map(Some).chain(std::iter::repeat(None));
        let each: Vec<_> = addresses.iter().cloned().cycle().zip(tokens.iter().cloned()).zip(said).collect();
        let sockets = each.into_iter().map(|((address, token), said)| async move {
            let mut socket = Socket::connect(address, token).await?;
            if let Some(said) = said {
                socket.send(&said).await?;
            }
            Ok::<_, BoxError>(socket)
        });
        let mut sockets = stream::iter(sockets).buffer_unordered(AT_ONCE);
        let mut readers = JoinSet::new();
        let connecting = async {
            // Each is read from at once: the server may ask whether it is there before the last one is.
            while let Some(socket) = sockets.next().await {
                readers.spawn(Socket::read(socket?, Arc::clone(&counts)));
            }
            Ok::<_, BoxError>(())
        };
        timeout(PATIENCE, connecting).await??;
        Ok(Self { counts, readers })
    }

    /// Begins to count.
    pub(crate) fn listen(&self) {
        self.counts.target.store(u64::MAX, Ordering::SeqCst);
        self.counts.heard.store(0, Ordering::SeqCst);
        self.latencies().clear();
        self.counts.presences.store(0, Ordering::SeqCst);
        self.counts.typings.store(0, Ordering::SeqCst);
    }

    /// How often somebody was shown who is online, and how often who types.
    pub(crate) fn shown(&self) -> (u64, u64) {
        (self.counts.presences.load(Ordering::SeqCst), self.counts.typings.load(Ordering::SeqCst))
    }

    /// Returns once so many deliveries have been counted, each in its order.
    pub(crate) async fn has_heard(&mut self, deliveries: u64) -> Result<(), BoxError> {
        self.counts.target.store(deliveries, Ordering::SeqCst);
        let heard = async {
            while self.counts.heard.load(Ordering::SeqCst) < self.counts.target.load(Ordering::SeqCst) {
                self.counts.reached.notified().await;
            }
        };
        tokio::select! {
            heard = timeout(PATIENCE, heard) => heard.map_err(|_| "not everybody heard everything")?,
            Some(ended) = self.readers.join_next() => ended??,
        }
        match self.counts.out_of_order.load(Ordering::SeqCst) {
            0 => Ok(()),
            count => Err(format!("{count} messages came out of order").into()),
        }
    }

    /// How long each delivery took that was counted, of messages that name a moment; in milliseconds.
    pub(crate) fn latencies(&self) -> std::sync::MutexGuard<'_, Vec<f64>> {
        self.counts.latencies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One socket that was let in.
pub(crate) struct Socket {
    stream: TcpStream,
    /// The beginning of a frame whose end has not come yet.
    rest: Vec<u8>,
    last_seq: Option<i64>,
}

thread_local! {
    /// What is read at once, for all sockets of a thread.
    static READ: RefCell<Vec<u8>> = RefCell::new(vec![0; 256 * 1024]);
}

impl Socket {
    /// Connects to a server with a token.
    pub(crate) async fn connect(address: String, token: String) -> Result<Self, BoxError> {
        let mut stream = TcpStream::connect(&address).await?;
        stream.set_nodelay(true)?;
        let upgrade = format!(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: cGFybG91ci1iZW5jaC0xMg==\r\n\r\n"
        );
        stream.write_all(upgrade.as_bytes()).await?;
        let mut socket = Self { stream, rest: Vec::new(), last_seq: None };
        socket
            .until(|rest| {
                let end = rest.windows(4).position(|four| four == b"\r\n\r\n")?;
                rest.starts_with(b"HTTP/1.1 101").then_some(end + 4)
            })
            .await?;
        socket.send(&format!("40{{\"token\":\"{token}\"}}")).await?;
        // The frame with which the server lets it in, and what came before.
        socket
            .until(|rest| {
                let mut at = 0;
                while let Some((payload, end)) = frame(rest.get(at..)?) {
                    at += end;
                    if payload.starts_with(b"40") {
                        return Some(at);
                    }
                }
                None
            })
            .await?;
        Ok(socket)
    }

    /// Reads until `found` says how far what was awaited goes.
    async fn until(&mut self, found: impl Fn(&[u8]) -> Option<usize>) -> Result<(), BoxError> {
        loop {
            if let Some(end) = found(&self.rest) {
                self.rest.drain(..end);
                return Ok(());
            }
            if self.stream.read_buf(&mut self.rest).await? == 0 {
                let said = String::from_utf8_lossy(&self.rest).into_owned();
                return Err(format!("a socket was not let in: {said}").into());
            }
        }
    }

    /// Sends a text, masked with zeros.
    pub(crate) async fn send(&mut self, text: &str) -> Result<(), BoxError> {
        let mut frame = vec![0x81];
        match u16::try_from(text.len())? {
            short @ ..126 => frame.push(0x80 | short as u8),
            long => {
                frame.push(0x80 | 126);
                frame.extend(long.to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        Ok(self.stream.write_all(&frame).await?)
    }

    async fn read(mut self, counts: Arc<Counts>) -> Result<(), BoxError> {
        // What waited behind the frame that let it in.
        self.take(&[], &counts);
        loop {
            self.stream.readable().await?;
            let ping = READ.with_borrow_mut(|read| match self.stream.try_read(read) {
                Ok(0) => Err("a socket was closed".into()),
                Ok(length) => Ok(self.take(read.get(..length).unwrap_or_default(), &counts)),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(false),
                Err(error) => Err(BoxError::from(error)),
            })?;
            if ping {
                self.send("3").await?;
            }
            if let Some(cores) = &counts.aside
                && counts.reads.fetch_add(1, Ordering::Relaxed).is_multiple_of(TURN)
            {
                cores.step_aside();
            }
        }
    }

    /// Takes what was read apart; answers whether the server asked for a sign of life.
    fn take(&mut self, read: &[u8], counts: &Counts) -> bool {
        let joined;
        let mut bytes = read;
        if !self.rest.is_empty() {
            joined = [std::mem::take(&mut self.rest).as_slice(), read].concat();
            bytes = &joined;
        }
        let (mut messages, mut ping, mut latencies) = (0, false, Vec::new());
        let (mut presences, mut typings) = (0, 0);
        while let Some((payload, end)) = frame(bytes) {
            bytes = bytes.get(end..).unwrap_or_default();
            ping |= payload == b"2";
            presences += u64::from(payload.starts_with(b"42[\"presence\""));
            typings += u64::from(payload.starts_with(b"42[\"typing\""));
            if payload.starts_with(b"42[\"message\"") {
                messages += 1;
                let seq = seq(payload);
                let next = self.last_seq.is_none_or(|last| seq == Some(last + 1));
                counts.out_of_order.fetch_add(u64::from(!next || seq.is_none()), Ordering::Relaxed);
                self.last_seq = seq;
                latencies.extend(latency(payload));
            }
        }
        self.rest = bytes.to_vec();
        if !latencies.is_empty() {
            counts.latencies.lock().unwrap_or_else(PoisonError::into_inner).extend(latencies);
        }
        if presences + typings > 0 {
            counts.presences.fetch_add(presences, Ordering::SeqCst);
            counts.typings.fetch_add(typings, Ordering::SeqCst);
        }
        if messages > 0 {
            let heard = counts.heard.fetch_add(messages, Ordering::SeqCst) + messages;
            if heard >= counts.target.load(Ordering::SeqCst) {
                counts.reached.notify_one();
            }
        }
        ping
    }
}

/// The payload of the first frame, and where it ends; none while some of it is missing.
fn frame(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (begin, length) = match usize::from(bytes.get(1)? & 0x7f) {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
        short => (2, short),
    };
    bytes.get(begin..begin + length).map(|payload| (payload, begin + length))
}

/// The position of the message that an event carries.
fn seq(event: &[u8]) -> Option<i64> {
    number(event, b"\"seq\":")
}

/// How long ago the moment was that a message names, in milliseconds.
fn latency(event: &[u8]) -> Option<f64> {
    let moment = Duration::from_micros(number(event, MOMENT)?.unsigned_abs());
    Some(BEGINNING.elapsed().saturating_sub(moment).as_secs_f64() * 1e3)
}

/// The number behind the first place where `name` stands.
fn number(event: &[u8], name: &[u8]) -> Option<i64> {
    let begin = event.windows(name.len()).position(|some| some == name)? + name.len();
    let digits = event.get(begin..)?.iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_told_apart_wherever_they_are_cut() {
        let long = format!("42[\"message\",{{\"seq\":12,\"message\":\"{}\"}}]", "x".repeat(300));
        let mut bytes = vec![0x81, 1, b'2', 0x81, 126];
        bytes.extend((long.len() as u16).to_be_bytes());
        bytes.extend(long.as_bytes());
        assert_eq!(frame(&bytes), Some((&b"2"[..], 3)));
        assert_eq!(frame(&bytes[3..]), Some((long.as_bytes(), 4 + long.len())));
        assert_eq!(seq(long.as_bytes()), Some(12));
        for cut in 3..bytes.len() {
            assert_eq!(frame(&bytes[3..cut]), None);
        }
    }
}
