//! Servers beside which the fan-out is measured, each a process of its own.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use engine_interfaces::BoxError;
use production_shape::Shape;
use tokio::net::TcpStream;

/// How long one may take to start.
const START_LIMIT: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(20);

/// A server that delivers what Redis tells of. Ends with the value.
pub(crate) struct Peer {
    child: Child,
    pub(crate) address: String,
}

impl Peer {
    /// A program that writes each message to each socket, and does nothing else.
    pub(crate) async fn floor(shape: &Shape) -> Result<Self, BoxError> {
        let address = free_address()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["floor", "--listen", &address.to_string(), "--redis", &shape.redis_url()]);
        Self::start(command, address).await
    }

    /// socket.io on Node, subscribed to Redis: the original design.
    pub(crate) async fn socket_io(shape: &Shape) -> Result<Self, BoxError> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/socket-io");
        if !folder.join("node_modules").exists() {
            return Err("the peer's packages are missing: `make bench` installs them".into());
        }
        let address = free_address()?;
        let mut command = Command::new("node");
        command
            .arg("server.mjs")
            .current_dir(folder)
            .env("NODE_ENV", "production")
            .env("PORT", address.port().to_string())
            .env("REDIS_URL", shape.redis_url())
            .env("DATABASE_URL", shape.database_url())
            .env("TOKEN_SECRET_FILE", shape.secret("token_secret"));
        Self::start(command, address).await
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Starts a server that listens there.
    pub(crate) async fn start(mut command: Command, address: SocketAddr) -> Result<Self, BoxError> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let peer = Self { child, address: address.to_string() };
        let listening = async {
            while TcpStream::connect(address).await.is_err() {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(START_LIMIT, listening).await.map_err(|_| "a peer does not start")?;
        Ok(peer)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // One that has ended already needs no end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that nobody has.
pub(crate) fn free_address() -> Result<SocketAddr, BoxError> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
