//! A `parlour` process with a data folder of its own.

use std::{path::Path, process::Stdio, sync::Arc, time::Duration};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// How long a start or a stop may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Parlour {
    child: Child,
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

    /// A command on a data folder.
    pub(crate) fn command(data: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parlour"));
        command
            .env_remove("DATABASE_URL")
            .env("DATABASE_URL", format!("sqlite:{}", data.display()))
            .env("DATA_DIR", data)
            .env("METRICS_LISTEN", "off")
            // A hash at the least cost, and no limit that a test would meet by being many people at once.
            .env("BCRYPT_COST", "4")
            .env("SIGN_UPS_PER_NETWORK", "1000000")
            .kill_on_drop(true);
        command
    }

    async fn launch(folder: Arc<TempDir>, api: &str, realtime: &str, settings: &[(&str, &str)]) -> Self {
        let mut command = Self::command(folder.path());
        command
            .env("API_LISTEN", api)
            .env("REALTIME_LISTEN", realtime)
            .env("RUST_LOG", "warn");
        let mut child = command
            .envs(settings.iter().copied())
            .arg("serve")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (mut api, mut realtime) = (None, None);
        let ready = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                let url = || {
                    let url = line.split_whitespace().find(|word| word.starts_with("http"))?;
                    Some(url.trim_end_matches("/api/v1").to_owned())
                };
                match line.split_whitespace().next() {
                    Some("API") => api = url(),
                    Some("Realtime") => realtime = url(),
                    Some("Ready.") => return,
                    _ => {}
                }
            }
            panic!("parlour ended before it was ready");
        };
        timeout(PATIENCE, ready).await.expect("parlour is ready in time");
        Self {
            child,
            folder,
            api: api.unwrap(),
            realtime: realtime.unwrap(),
        }
    }

    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Pulls the plug, and starts again on the same data and the same ports.
    pub(crate) async fn kill_and_restart(mut self) -> Self {
        self.child.kill().await.unwrap();
        self.restart().await
    }

    /// Asks it to stop, and starts it again on the same data and the same ports.
    pub(crate) async fn stop_and_restart(mut self) -> Self {
        self.terminate().await;
        self.restart().await
    }

    /// Asks it to stop, and answers its exit code.
    pub(crate) async fn stop(mut self) -> Option<i32> {
        self.terminate().await
    }

    async fn terminate(&mut self) -> Option<i32> {
        let asked = Command::new("kill")
            .args(["-TERM", &self.id().to_string()])
            .status()
            .await
            .unwrap();
        assert!(asked.success());
        timeout(PATIENCE, self.child.wait())
            .await
            .expect("parlour stops in time")
            .unwrap()
            .code()
    }

    async fn restart(self) -> Self {
        let address = |url: &str| url.trim_start_matches("http://").to_owned();
        Self::launch(self.folder, &address(&self.api), &address(&self.realtime), &[]).await
    }
}
