//! A `parlour` process with a data folder of its own.

use std::{path::Path, sync::Arc};

use tempfile::TempDir;
use tokio::process::Command;

use super::Process;

pub(crate) struct Parlour {
    process: Process,
    folder: Arc<TempDir>,
    /// `http://127.0.0.1:port`
    pub(crate) api: String,
    /// `http://127.0.0.1:port`
    pub(crate) realtime: String,
}

impl Parlour {
    /// In a new folder, on free ports.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same, with some settings.
    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Self {
        let folder = Arc::new(TempDir::new().unwrap());
        Self::launch(folder, "127.0.0.1:0", "127.0.0.1:0", settings).await
    }

    /// In a folder that is there, on free ports.
    pub(crate) async fn start_in(folder: TempDir) -> Self {
        Self::launch(Arc::new(folder), "127.0.0.1:0", "127.0.0.1:0", &[]).await
    }

    /// A command on a data folder.
    pub(crate) fn command(data: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parlour"));
        command
            .env("DATABASE_URL", format!("sqlite:{}", data.display()))
            .env("DATA_DIR", data)
            .env("METRICS_LISTEN", "off")
            // A hash at the least cost, and no limit that a test would meet by being many people at once.
            .env("BCRYPT_COST", "4")
            .env("SIGN_UPS_PER_NETWORK", "1000000")
            .env("GUESTS_PER_NETWORK", "1000000")
            .kill_on_drop(true);
        command
    }

    async fn launch(folder: Arc<TempDir>, api: &str, realtime: &str, settings: &[(&str, &str)]) -> Self {
        let mut command = Self::command(folder.path());
        command
            .env("API_LISTEN", api)
            .env("REALTIME_LISTEN", realtime)
            .envs(settings.iter().copied())
            .arg("serve");
        let process = Process::start(command).await;
        Self { folder, api: process.api().to_owned(), realtime: process.realtime().to_owned(), process }
    }

    pub(crate) fn process(&self) -> &Process {
        &self.process
    }

    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Pulls the plug, and starts again on the same data and the same ports.
    pub(crate) async fn kill_and_restart(mut self) -> Self {
        self.process.kill().await;
        self.restart().await
    }

    /// Asks it to stop, and starts it again on the same data and the same ports.
    pub(crate) async fn stop_and_restart(mut self) -> Self {
        self.process.terminate().await;
        self.restart().await
    }

    /// Asks it to stop, and answers its exit code.
    pub(crate) async fn stop(mut self) -> Option<i32> {
        self.process.terminate().await
    }

    /// Asks it to stop; its data stay for as long as what is answered lives.
    pub(crate) async fn stop_and_keep(mut self) -> Arc<TempDir> {
        self.process.terminate().await;
        self.folder
    }

    async fn restart(self) -> Self {
        let address = |url: &str| url.trim_start_matches("http://").to_owned();
        Self::launch(self.folder, &address(&self.api), &address(&self.realtime), &[]).await
    }
}
