//! A receiver on a socket of its own, as good or as bad as a test needs it.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::sleep,
};

/// How a receiver answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mode {
    /// With this status.
    Status(u16),
    /// That it is elsewhere.
    Redirect(String),
    /// 200, and a body without end.
    EndlessBody,
    /// 200, and headers without end.
    EndlessHead,
    /// With something else than HTTP.
    Garbage,
    /// Not at all: the connection stays open.
    Stall,
    /// Not at all: it hangs up.
    HangUp,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A receiver. Ends with the value.
pub(crate) struct Receiver {
    address: SocketAddr,
    seen: Arc<Seen>,
    mode: watch::Sender<Mode>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
    written: AtomicU64,
}

impl Receiver {
    pub(crate) async fn start(mode: Mode) -> Self {
        Self::at("127.0.0.1:0", mode).await
    }

    pub(crate) async fn at(address: &str, mode: Mode) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, mode) = (Arc::<Seen>::default(), watch::Sender::new(mode));
        let task = tokio::spawn(accept(listener, Arc::clone(&seen), mode.subscribe()));
        Self { address, seen, mode, task }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// From the next request on.
    pub(crate) fn turn(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// How many connections were made, whatever was said on them.
    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// The most connections that were open at one time.
    pub(crate) fn most_open(&self) -> usize {
        self.seen.most_open.load(Ordering::SeqCst)
    }

    /// How many bytes of endless answers were taken from it.
    pub(crate) fn written(&self) -> u64 {
        self.seen.written.load(Ordering::SeqCst)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, seen: Arc<Seen>, mode: watch::Receiver<Mode>) {
    while let Ok((stream, _)) = listener.accept().await {
        seen.connections.fetch_add(1, Ordering::SeqCst);
        let open = seen.open.fetch_add(1, Ordering::SeqCst) + 1;
        seen.most_open.fetch_max(open, Ordering::SeqCst);
        let (seen, mode) = (Arc::clone(&seen), mode.clone());
        tokio::spawn(async move {
            converse(stream, &seen, mode).await;
            seen.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

/// Answers requests until the other side has enough.
async fn converse(mut stream: TcpStream, seen: &Seen, mode: watch::Receiver<Mode>) {
    while let Some(request) = read(&mut stream).await {
        seen.requests.lock().unwrap().push(request);
        let mode = mode.borrow().clone();
        let goes_on = answer(&mut stream, seen, mode).await;
        if !goes_on {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let (mut bytes, mut buffer) = (Vec::new(), [0_u8; 8_192]);
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        bytes.extend(&buffer[..read]);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: HashMap<_, _> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        body.extend(&buffer[..read]);
    }
    Some(Request { path, headers, body })
}

/// Answers; whether the connection may be used again.
async fn answer(stream: &mut TcpStream, seen: &Seen, mode: Mode) -> bool {
    match mode {
        Mode::Status(status) => {
            let answer = format!("HTTP/1.1 {status} Some reason\r\ncontent-length: 2\r\n\r\nok");
            stream.write_all(answer.as_bytes()).await.is_ok()
        }
        Mode::Redirect(url) => {
            let answer = format!("HTTP/1.1 302 Found\r\nlocation: {url}\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.is_ok()
        }
        Mode::EndlessBody => endless(stream, seen, "HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 8_192]).await,
        Mode::EndlessHead => endless(stream, seen, "HTTP/1.1 200 OK\r\n", b"x-more: and more\r\n").await,
        Mode::Garbage => {
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await;
            false
        }
        Mode::Stall => {
            // Until the other side hangs up.
            let _ = stream.read(&mut [0; 1]).await;
            false
        }
        Mode::HangUp => false,
    }
}

async fn endless(stream: &mut TcpStream, seen: &Seen, begin: &str, more: &[u8]) -> bool {
    let mut next = begin.as_bytes();
    while stream.write_all(next).await.is_ok() {
        seen.written.fetch_add(next.len() as u64, Ordering::SeqCst);
        next = more;
        sleep(Duration::ZERO).await;
    }
    false
}
