//! A whole Parlour in one process, over SQLite: what `make start` runs.

use std::path::Path;

use engine_interfaces::BoxError;
use tempfile::TempDir;
use tokio::process::Command;

use crate::{
    http::{Connection, request},
    kernel,
    parts::SETTINGS,
    peer::{Peer, free_address},
    work::{Measured, Times},
};

/// One process, and its data. Ends with the value.
pub(crate) struct Embedded {
    server: Peer,
    folder: TempDir,
}

impl Embedded {
    /// Starts it on a new data folder.
    pub(crate) async fn start(binaries: &Path) -> Result<Self, BoxError> {
        let (folder, address) = (TempDir::new()?, free_address()?);
        let mut command = Command::new(binaries.join("parlour")).into_std();
        command
            .arg("serve")
            .env("API_LISTEN", address.to_string())
            .env("REALTIME_LISTEN", "127.0.0.1:0")
            .env("METRICS_LISTEN", "off")
            .env("RUST_LOG", "warn")
            .env("DATABASE_URL", format!("sqlite:{}", folder.path().display()))
            .env("DATA_DIR", folder.path())
            .envs(SETTINGS);
        let server = Peer::start(command, address).await?;
        // It listens before it serves: once it answers, whatever it is, its data are there.
        Connection::open(&server.address).await?.ask(&request("GET", "/users/me", "", "", "")).await?;
        Ok(Self { server, folder })
    }

    /// Where its data are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Measured for Embedded {
    fn apis(&self) -> Vec<String> {
        vec![self.server.address.clone()]
    }

    fn times(&self) -> Result<Times, BoxError> {
        let mut times = Times::default();
        times[0] = kernel::cpu(self.server.process());
        Ok(times)
    }
}
