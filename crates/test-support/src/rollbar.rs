//! Rollbar for one test, as far as it takes items.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Mutex, mpsc},
    task::JoinHandle,
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// A server that speaks Rollbar's API for items. It ends with the value.
pub struct RollbarServer {
    url: String,
    calls: Mutex<mpsc::UnboundedReceiver<RollbarCall>>,
    task: JoinHandle<()>,
}

/// A call that came.
#[derive(Debug, Clone)]
pub struct RollbarCall {
    /// The token that it showed.
    pub token: String,
    /// The item: what is below `data`.
    pub item: Value,
}

impl RollbarServer {
    /// Starts one that takes every item.
    pub async fn start() -> Self {
        Self::answering(vec![200]).await
    }

    /// Starts one that answers one call after the other with these statuses, the last one for ever; 0 is no answer
    /// at all.
    pub async fn answering(mut statuses: Vec<u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        let url = format!("http://{}/api/1/item/", listener.local_addr().expect("it has an address"));
        let (told, calls) = mpsc::unbounded_channel();
        statuses.reverse();
        let task = tokio::spawn(async move {
            // Those that get no answer.
            let mut held = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let status = if statuses.len() > 1 { statuses.pop() } else { statuses.last().copied() };
                let Some(call) = read(&mut stream).await else { continue };
                let _ = told.send(call);
                match status {
                    None | Some(0) => held.push(stream),
                    Some(status) => answer(&mut stream, status).await,
                }
            }
        });
        Self { url, calls: Mutex::new(calls), task }
    }

    /// Where items are posted.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The next call; a test fails where none comes.
    pub async fn next(&self) -> RollbarCall {
        let call = timeout(PATIENCE, async { self.calls.lock().await.recv().await }).await;
        call.expect("an item comes in time").expect("the server runs")
    }

    /// The next call, if it has come.
    pub async fn come(&self) -> Option<RollbarCall> {
        self.calls.lock().await.try_recv().ok()
    }
}

impl Drop for RollbarServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// None from a connection that ended early.
async fn read(stream: &mut TcpStream) -> Option<RollbarCall> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        // A body that has come in whole is JSON, and no part of one is.
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && let Ok(mut body) = serde_json::from_str::<Value>(body)
        {
            assert!(head.starts_with("POST /api/1/item/ "), "{head}");
            let token = head.lines().find_map(|line| line.strip_prefix("x-rollbar-access-token: "));
            return Some(RollbarCall { token: token?.to_owned(), item: body["data"].take() });
        }
    }
}

async fn answer(stream: &mut TcpStream, status: u16) {
    let body = match status {
        200 => json!({ "err": 0, "result": { "id": null, "uuid": "d4c7acef55bf4c9ea95e4fe9428a8287" } }),
        _ => json!({ "err": 1, "message": "no" }),
    };
    let body = body.to_string();
    let answer = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nx-rate-limit-remaining-seconds: 0\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    // Who asked may have gone.
    let _ = stream.write_all(answer.as_bytes()).await;
}
