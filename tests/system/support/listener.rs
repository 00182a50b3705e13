//! Somebody who listens: an official client that comes back by itself, see `tests/clients/listener.mjs`.

use std::{path::Path, process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::Person;

const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Listener {
    lines: Lines<BufReader<ChildStdout>>,
    asked: ChildStdin,
    _process: Child,
}

impl Listener {
    /// Connects to real time as somebody.
    pub(crate) fn start(realtime: &str, person: &Person) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients/listener.mjs");
        let mut process = Command::new("node")
            .arg(script)
            .arg(realtime)
            .env("TOKEN", &person.token)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { lines, asked: process.stdin.take().unwrap(), _process: process }
    }

    /// Emits an event, and gives its acknowledgement.
    pub(crate) async fn ask(&mut self, event: &str, payload: Value) -> Value {
        let line = format!("{}\n", json!({ "event": event, "payload": payload }));
        self.asked.write_all(line.as_bytes()).await.unwrap();
        self.next("answer").await
    }

    /// The next event of this name. There is no `resync`: too little happens in a test for that.
    pub(crate) async fn next(&mut self, event: &str) -> Value {
        loop {
            let line = timeout(PATIENCE, self.lines.next_line()).await.unwrap().unwrap().unwrap();
            let line: Value = serde_json::from_str(&line).unwrap();
            assert_ne!(line["event"], "resync", "so little is sent, and not left to be read");
            if line["event"] == event {
                return line;
            }
        }
    }

    /// Hears the messages at these positions, and no others between them.
    pub(crate) async fn hears(&mut self, seqs: impl IntoIterator<Item = i64>) {
        for seq in seqs {
            assert_eq!(self.next("message").await["seq"], seq, "each once, and in order");
        }
    }
}
