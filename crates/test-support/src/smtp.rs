//! A mail server for one test.

use std::{
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::{Mutex as AsyncMutex, mpsc},
};

/// How long a server may take to start, with its installation.
const PATIENCE: Duration = Duration::from_secs(120);

/// A real mail server (aiosmtpd), as `tests/smtp/server.py` lets it behave. It ends with the value.
pub struct SmtpServer {
    port: u16,
    /// Its ear, and what it answers.
    talk: AsyncMutex<(ChildStdin, mpsc::UnboundedReceiver<()>)>,
    mails: Arc<Mutex<Vec<Value>>>,
    _child: Child,
}

impl SmtpServer {
    /// Starts one that takes mail.
    pub async fn start() -> Self {
        let mut child = Command::new("tests/smtp/run")
            .args(["python", "tests/smtp/server.py"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("tests/smtp/run runs");
        let input = child.stdin.take().expect("it listens");
        let mut lines = BufReader::new(child.stdout.take().expect("it speaks")).lines();
        let first = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("the server starts");
        let port = first.expect("it can be read").expect("it says its port").parse().expect("a port");
        let (answered, answers) = mpsc::unbounded_channel();
        let mails = Arc::default();
        tokio::spawn(read(lines, answered, Arc::clone(&mails)));
        Self { port, talk: AsyncMutex::new((input, answers)), mails, _child: child }
    }

    /// Where it listens, for a client without TLS.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on it behaves like this: `accept`, `stall`, `drop` or `busy`.
    pub async fn behave(&self, how: &str) {
        let mut talk = self.talk.lock().await;
        let (input, answers) = &mut *talk;
        input.write_all(format!("{how}\n").as_bytes()).await.expect("it listens");
        answers.recv().await.expect("it answers");
    }

    /// All that it took so far: `from`, `to`, `headers` by their names in lower case, and `text`.
    pub async fn mails(&self) -> Vec<Value> {
        // What it said before its answer has been read by then.
        self.behave("hear").await;
        self.mails.lock().expect("nobody panicked").clone()
    }
}

async fn read(
    mut lines: Lines<BufReader<ChildStdout>>,
    answered: mpsc::UnboundedSender<()>,
    mails: Arc<Mutex<Vec<Value>>>,
) {
    while let Ok(Some(line)) = lines.next_line().await {
        if line == "ok" {
            let _ = answered.send(());
        } else {
            let mail = serde_json::from_str(&line).expect("a mail is JSON");
            mails.lock().expect("nobody panicked").push(mail);
        }
    }
}
