//! Where web hooks are posted to.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use engine_interfaces::BoxError;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// The ids with which each message came, and how often it came.
type Seen = HashMap<String, (HashSet<String>, u64)>;

/// Takes whatever comes, and remembers it.
pub(super) struct Receiver {
    pub(super) url: String,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

impl Receiver {
    pub(super) async fn start() -> Result<Self, BoxError> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let notes = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let notes = Arc::clone(&notes);
                // Whoever hangs up is sent nothing, and comes again.
                tokio::spawn(async move { take(stream, &notes).await.ok() });
            }
        });
        Ok(Self { url, seen, task })
    }

    /// Messages that came, those that came more than once, and those that came with more than one id.
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        let seen = lock(&self.seen);
        let again = seen.values().filter(|(_, times)| *times > 1).count();
        let renamed = seen.values().filter(|(ids, _)| ids.len() > 1).count();
        (seen.len(), again, renamed)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(mut stream: TcpStream, notes: &Mutex<Seen>) -> Result<(), BoxError> {
    let mut bytes = Vec::new();
    let (id, message) = loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err("hung up".into());
        }
        let text = String::from_utf8_lossy(&bytes);
        // A body that has come in whole is JSON, and no part of one is.
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && let Ok(body) = serde_json::from_str::<Value>(body)
        {
            let id = head.lines().find_map(|line| line.strip_prefix("webhook-id: "));
            break (id.ok_or("a delivery has no id")?.to_owned(), body["data"]["id"].to_string());
        }
    };
    {
        let mut seen = lock(notes);
        let (ids, times) = seen.entry(message).or_default();
        ids.insert(id);
        *times += 1;
    }
    Ok(stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await?)
}

/// Nothing panics while it holds a lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
