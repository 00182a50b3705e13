//! A conversation goes on over restarts: the official client comes back by itself and misses nothing.

use std::{
    path::Path,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use engine_interfaces::{Clock, SystemClock};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    sync::watch,
    time::{sleep, timeout},
};
use uuid::Uuid;

use crate::support::{Parlour, Person};

const PATIENCE: Duration = Duration::from_secs(30);
const MESSAGES: usize = 300;

struct Listener {
    lines: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Listener {
    fn start(parlour: &Parlour, person: &Person) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients/listener.mjs");
        let mut process = Command::new("node")
            .arg(script)
            .arg(&parlour.realtime)
            .env("TOKEN", &person.token)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self {
            lines,
            _process: process,
        }
    }

    async fn next(&mut self, event: &str) -> Value {
        loop {
            let line = timeout(PATIENCE, self.lines.next_line())
                .await
                .unwrap()
                .unwrap()
                .unwrap();
            let line: Value = serde_json::from_str(&line).unwrap();
            assert_ne!(
                line["event"], "resync",
                "so little is sent, and not left to be read"
            );
            if line["event"] == event {
                return line;
            }
        }
    }
}

/// Sends until it is acknowledged, as a client does that must not lose anything.
async fn send_surely(person: &Person, group: Uuid, text: &str) {
    let id = SystemClock.new_id();
    let sending = async {
        while person.send(group, id, text).await.is_err() {
            // The server is away for a moment; there is no event to wait for but its return.
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, sending).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_mid_conversation_loses_and_doubles_nothing() {
    let mut parlour = Parlour::start().await;
    let (alice, bob) = (Person::new(&parlour).await, Person::new(&parlour).await);
    let group = alice.group_with(&[&bob]).await;
    let mut listener = Listener::start(&parlour, &bob);
    listener.next("connect").await;
    // The client names what it has: without a first message it would begin where the log ends.
    send_surely(&alice, group, "the first").await;
    assert_eq!(listener.next("message").await["seq"], json!(1));

    let sent = Arc::new(AtomicUsize::new(1));
    let (told, mut count) = watch::channel(1);
    let sending = {
        let sent = Arc::clone(&sent);
        tokio::spawn(async move {
            for turn in 1..MESSAGES {
                send_surely(&alice, group, &turn.to_string()).await;
                told.send_replace(sent.fetch_add(1, Ordering::SeqCst) + 1);
            }
        })
    };
    for (after, kill) in [(60, true), (120, false), (180, true)] {
        timeout(PATIENCE, count.wait_for(|sent| *sent >= after))
            .await
            .unwrap()
            .unwrap();
        parlour = if kill {
            parlour.kill_and_restart().await
        } else {
            parlour.stop_and_restart().await
        };
    }
    sending.await.unwrap();

    for expected in 2..=MESSAGES {
        let message = listener.next("message").await;
        assert_eq!(message["seq"], json!(expected), "each once, and in order");
    }
}
