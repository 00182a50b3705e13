//! One process of ours, from its start to its end.

use std::{collections::HashMap, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// How long a start or a stop may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Process {
    child: Child,
    /// The URLs that it told, by what is there.
    places: HashMap<String, String>,
}

impl Process {
    /// Returns once it says that it is ready.
    pub(crate) async fn start(mut command: Command) -> Self {
        let told = |name| command.as_std().get_envs().any(|(told, _)| told == name);
        if !told("RUST_LOG") {
            command.env("RUST_LOG", "warn");
        }
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut places = HashMap::new();
        let ready = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                let mut words = line.split_whitespace();
                match (words.next(), words.next()) {
                    (Some("Ready."), _) => return,
                    (Some(what), Some(url)) if url.starts_with("http") => {
                        let url = url.trim_end_matches("/api/v1").to_owned();
                        places.insert(what.to_owned(), url);
                    }
                    _ => {}
                }
            }
            panic!("the process ended before it was ready");
        };
        timeout(PATIENCE, ready).await.expect("the process is ready in time");
        Self { child, places }
    }

    /// Where it serves the API, as `http://127.0.0.1:port`.
    pub(crate) fn api(&self) -> &str {
        &self.places["API"]
    }

    /// Where it serves real time, as `http://127.0.0.1:port`.
    pub(crate) fn realtime(&self) -> &str {
        &self.places["Realtime"]
    }

    /// Where it serves its metrics: METRICS_LISTEN has to name an address.
    pub(crate) fn metrics(&self) -> &str {
        &self.places["Metrics"]
    }

    /// Pulls the plug.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Its id, while it runs.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Sends it a signal, such as `-STOP`.
    pub(crate) async fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.id().to_string()]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Asks it to stop, and answers its exit code.
    pub(crate) async fn terminate(&mut self) -> Option<i32> {
        self.signal("-TERM").await;
        timeout(PATIENCE, self.child.wait()).await.expect("the process stops in time").unwrap().code()
    }
}
