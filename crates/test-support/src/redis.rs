//! Redis for one test.

use std::{process::Stdio, time::Duration};

use engine_interfaces::{Clock, SystemClock};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is asked whether it has.
const PAUSE: Duration = Duration::from_millis(5);

/// The Redis server that tests share, each below a prefix of its own: the one that `REDIS_URL` names;
/// `make specs` starts one.
pub fn redis_url() -> String {
    std::env::var("REDIS_URL").expect("REDIS_URL names a Redis server: run the tests by `make specs`")
}

/// A Redis server that one test has for itself, to kill, to stop and to start again. It keeps nothing on
/// disk, and ends with the value.
pub struct RedisServer {
    port: u16,
    folder: TempDir,
    child: Child,
}

impl RedisServer {
    /// Starts one.
    pub async fn start() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        loop {
            // Below the ports that the system gives to connections, so that the port is still free when
            // the server is started again.
            let port = 10_000 + (SystemClock.new_id().as_u128() % 20_000) as u16;
            if let Some(child) = listen(port, &folder, &[]).await {
                return Self { port, folder, child };
            }
        }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Kills it without a warning.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("the server can be killed");
    }

    /// Starts it again where it was, empty.
    pub async fn restart(&mut self) {
        self.child = listen(self.port, &self.folder, &[]).await.expect("the port is still free");
    }

    /// Stops it where it stands: connections stay, nothing is answered.
    pub async fn stall(&self) {
        self.signal("-STOP").await;
    }

    /// Lets it go on.
    pub async fn resume(&self) {
        self.signal("-CONT").await;
    }

    async fn signal(&self, signal: &str) {
        let id = self.child.id().expect("the server runs").to_string();
        let sent = Command::new("kill").args([signal, &id]).status().await;
        assert!(sent.expect("kill runs").success(), "the server takes a signal");
    }
}

/// A server on `port`, with options of its own, once it takes connections; none where it could not have the port.
pub(crate) async fn listen(port: u16, folder: &TempDir, options: &[&str]) -> Option<Child> {
    let mut child = Command::new("redis-server")
        .args(["--port", &port.to_string()])
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(options)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("redis-server is installed: run the tests by `make specs`");
    let listening = async {
        loop {
            if child.try_wait().expect("the server can be asked").is_some() {
                return false;
            }
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return true;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    let listening = tokio::time::timeout(PATIENCE, listening).await;
    listening.expect("the server starts").then_some(child)
}
