//! Official clients, in a node process that this one talks to: see `tests/clients/driver.mjs`.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, Command},
    sync::{Mutex as AsyncMutex, watch},
};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A node process with clients in it. It ends with the value.
pub(crate) struct Clients {
    driver: Arc<Driver>,
    _process: Child,
}

struct Driver {
    commands: AsyncMutex<ChildStdin>,
    happened: Mutex<Vec<Value>>,
    /// How much has happened.
    count: watch::Sender<usize>,
    next: AtomicU64,
}

/// One client.
pub(crate) struct Client {
    driver: Arc<Driver>,
    name: u64,
}

impl Clients {
    pub(crate) async fn start() -> Self {
        tokio::task::spawn_blocking(install).await.unwrap();
        let mut process = Command::new("node")
            .arg(folder().join("driver.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let driver = Arc::new(Driver {
            commands: AsyncMutex::new(process.stdin.take().unwrap()),
            happened: Mutex::default(),
            count: watch::Sender::new(0),
            next: AtomicU64::new(1),
        });
        tokio::spawn(listen(Arc::clone(&driver), lines));
        Self { driver, _process: process }
    }

    /// A client with these options of socket.io-client. It connects by itself.
    pub(crate) async fn open(&self, url: &str, options: Value) -> Client {
        let client = Client { name: self.driver.next(), driver: Arc::clone(&self.driver) };
        let open = json!({ "do": "open", "client": client.name, "url": url, "options": options });
        self.driver.command(open).await;
        client
    }
}

async fn listen(driver: Arc<Driver>, mut lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>) {
    while let Some(line) = lines.next_line().await.unwrap() {
        let mut happened = driver.happened.lock().unwrap();
        happened.push(serde_json::from_str(&line).unwrap());
        driver.count.send_replace(happened.len());
    }
}

impl Driver {
    fn next(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    async fn command(&self, command: Value) {
        let line = format!("{command}\n");
        self.commands.lock().await.write_all(line.as_bytes()).await.unwrap();
    }

    /// What `find` finds in all that has happened, as soon as it is there.
    async fn wait<T>(&self, what: &str, find: impl Fn(&[Value]) -> Option<T>) -> T {
        let mut count = self.count.subscribe();
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                if let Some(found) = find(&self.happened.lock().unwrap()) {
                    return found;
                }
                count.changed().await.unwrap();
            }
        });
        match waited.await {
            Ok(found) => found,
            Err(_) => {
                let happened = self.happened.lock().unwrap();
                let last: Vec<_> = happened.iter().rev().take(5).collect();
                panic!("{what} did not come in time; the last that did: {last:?}")
            }
        }
    }
}

impl Client {
    /// The payloads of an event so far.
    pub(crate) fn got(&self, event: &str) -> Vec<Value> {
        self.of(event, &self.driver.happened.lock().unwrap())
    }

    fn of(&self, event: &str, happened: &[Value]) -> Vec<Value> {
        let own = happened.iter().filter(|line| line["client"] == self.name);
        let wanted = own.filter(|line| line["event"] == event);
        wanted.map(|line| line["payload"].clone()).collect()
    }

    /// The first payload of an event, as soon as it is there.
    pub(crate) async fn wait_for(&self, event: &str) -> Value {
        let find = |happened: &[Value]| self.of(event, happened).into_iter().next();
        self.driver.wait(event, find).await
    }

    /// Is it let in?
    pub(crate) async fn is_let_in(&self) -> bool {
        let find = |happened: &[Value]| {
            let refused = !self.of("connect_error", happened).is_empty();
            let let_in = !self.of("connect", happened).is_empty();
            (refused || let_in).then_some(let_in)
        };
        self.driver.wait("connect or connect_error", find).await
    }

    /// The positions of messages, as soon as there are so many.
    pub(crate) async fn wait_for_seqs(&self, expected: impl IntoIterator<Item = i64>) {
        let expected: Vec<_> = expected.into_iter().collect();
        let find = |happened: &[Value]| {
            let messages = self.of("message", happened);
            let seqs = messages.iter().map(|message| message["seq"].as_i64().unwrap());
            (messages.len() >= expected.len()).then(|| seqs.collect::<Vec<_>>())
        };
        let seqs = self.driver.wait("so many messages", find).await;
        assert_eq!(seqs, expected);
    }

    /// Returns once it is shown that one member is online.
    pub(crate) async fn wait_for_one_online(&self) {
        let find =
            |happened: &[Value]| self.of("presence", happened).pop().filter(|last| last["online"] == 1);
        self.driver.wait("a presence of one", find).await;
    }

    /// Emits an event, and gives its acknowledgement.
    pub(crate) async fn ask(&self, event: &str, args: Value) -> Value {
        let number = self.driver.next();
        let ask = json!({ "do": "ask", "client": self.name, "number": number, "event": event, "args": args });
        self.driver.command(ask).await;
        let find = |happened: &[Value]| {
            let answer = happened.iter().find(|line| line["number"] == number);
            answer.map(|line| line["answer"].clone())
        };
        self.driver.wait("an acknowledgement", find).await
    }

    /// Emits an event that may never be answered.
    pub(crate) async fn emit(&self, event: &str, args: Value) {
        let number = self.driver.next();
        let ask = json!({ "do": "ask", "client": self.name, "number": number, "event": event, "args": args });
        self.driver.command(ask).await;
    }

    /// Reads nothing more.
    pub(crate) async fn pause(&self) {
        let pause = json!({ "do": "pause", "client": self.name });
        self.driver.command(pause).await;
    }

    /// Hangs up.
    pub(crate) async fn close(&self) {
        let close = json!({ "do": "close", "client": self.name });
        self.driver.command(close).await;
        self.wait_for("disconnect").await;
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients")
}

/// Installs the clients where they are not yet: once, whatever runs beside this.
fn install() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let lock = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients.lock")).unwrap();
        lock.lock().unwrap();
        if !folder().join("node_modules/.package-lock.json").exists() {
            let installed = std::process::Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .current_dir(folder())
                .stdout(Stdio::null())
                .status();
            assert!(installed.unwrap().success(), "npm ci in tests/clients");
        }
    });
}
