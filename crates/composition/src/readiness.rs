//! Asking a process whether it can serve: for health checks in an image that has nothing else to ask with.

use std::{net::SocketAddr, time::Duration};

use engine_interfaces::BoxError;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

/// How long an answer may take: less than a health check waits.
const LIMIT: Duration = Duration::from_secs(2);
/// No status line is longer.
const STATUS_LINE: u64 = 256;

/// Does the process that listens there answer well at `/readyz`?
///
/// # Errors
/// When it answers otherwise, too late, or not at all.
pub async fn ask(address: SocketAddr) -> Result<(), BoxError> {
    let status = timeout(LIMIT, status(address)).await;
    let status = status.map_err(|_| format!("{address} does not answer within {LIMIT:?}"))??;
    if status == "200" {
        Ok(())
    } else {
        Err(format!("{address} is not ready: it answers {status:?}").into())
    }
}

async fn status(address: SocketAddr) -> Result<String, BoxError> {
    let mut stream =
        TcpStream::connect(address).await.map_err(|error| format!("{address} is out of reach: {error}"))?;
    stream.write_all(format!("GET /readyz HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes()).await?;
    let mut line = String::new();
    BufReader::new(stream.take(STATUS_LINE)).read_line(&mut line).await?;
    Ok(line.split_whitespace().nth(1).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Asks a server that says this and no more.
    async fn asked(says: &'static str) -> Result<(), String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 20];
            stream.read_exact(&mut head).await.unwrap();
            stream.write_all(says.as_bytes()).await.unwrap();
            head
        });
        let answer = ask(address).await;
        assert_eq!(&serving.await.unwrap(), b"GET /readyz HTTP/1.0");
        answer.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn ready_is_who_answers_200() {
        asked("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        for says in ["HTTP/1.1 503 Service Unavailable\r\n\r\n", "HTTP/1.1", ""] {
            let fault = asked(says).await.unwrap_err();
            assert!(fault.contains("is not ready") || fault.contains("reset"), "{says:?}: {fault}");
        }
    }

    #[tokio::test]
    async fn nobody_there_is_an_error_that_names_the_address() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let fault = ask(address).await.unwrap_err().to_string();
        assert!(fault.contains(&address.to_string()), "{fault}");
    }
}
