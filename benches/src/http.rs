//! A connection that asks one thing after the other: as much of HTTP/1.1 as costs the machine next to nothing.

use engine_interfaces::BoxError;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A connection to an api.
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.find_map(|(field, value)| field.eq_ignore_ascii_case(name).then_some(value))
}

/// A request as bytes, whose body may be changed in place.
pub(crate) fn request(method: &str, path: &str, token: &str, more: &str, body: &str) -> String {
    format!(
        "{method} /api/v1{path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n{more}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

impl Connection {
    pub(crate) async fn open(address: &str) -> Result<Self, BoxError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(64 * 1024) })
    }

    /// Asks, and waits for the whole answer.
    pub(crate) async fn ask(&mut self, request: &str) -> Result<Answer, BoxError> {
        self.stream.write_all(request.as_bytes()).await?;
        self.read.clear();
        let end = loop {
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(self.read.get(..end).unwrap_or_default()).into_owned();
        let length: usize = header(&head, "content-length").map_or(Ok(0), str::parse)?;
        while self.read.len() < end + length {
            self.more().await?;
        }
        let status = head.split(' ').nth(1).unwrap_or_default().parse()?;
        let body = self.read.get(end..end + length).unwrap_or_default().to_vec();
        Ok(Answer { status, head, body })
    }

    async fn more(&mut self) -> Result<(), BoxError> {
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err("the connection ended".into()),
            _ => Ok(()),
        }
    }
}
