//! The processes of the shape, by name: `api1`, `realtime2`, `worker3`, `postgres`, `redis`, `haproxy`.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use engine_interfaces::BoxError;
use rand::{Rng, rng};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::{
    process::Command,
    time::{sleep, timeout},
};

use crate::{Process, process::adopt, until};

/// The first port is one of these: below those that the system gives to connections.
const PORTS: std::ops::Range<u16> = 11_000..19_000;
/// How many ports are its own, from the first on.
const SPAN: u16 = 60;
/// How long a killed process may take to be gone, and how often it is looked at.
const GONE_LIMIT: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(2);
/// How long a process may take to end, and to be ready.
const DRAIN_LIMIT: Duration = Duration::from_secs(30);
const START_LIMIT: Duration = Duration::from_secs(30);

/// Two `api`, two `realtime`, three `worker`, PostgreSQL, Redis and HAProxy. Ends with the value.
pub struct Shape {
    /// The project's.
    root: PathBuf,
    binaries: PathBuf,
    /// Data, logs, process ids. None once it is to be kept.
    folder: Option<TempDir>,
    up: PathBuf,
    port: u16,
    /// What every process has in its environment.
    settings: Vec<(String, String)>,
}

impl Shape {
    /// Starts all of it, from the binaries in a folder, with some settings.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(binaries: &Path, settings: &[(&str, &str)]) -> Result<Self, BoxError> {
        adopt()?;
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
        let folder = TempDir::with_prefix("parlour-shape.")?;
        // The databases run as another user where this one is root.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711))?;
        let up = folder.path().to_owned();
        let binaries = binaries.canonicalize()?;
        let settings =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let shape = Self { root, binaries, folder: Some(folder), up, port: free_ports(), settings };
        shape.run("up", &[]).await?;
        Ok(shape)
    }

    /// Where a process listens: `127.0.0.1:port`.
    #[must_use]
    pub fn address(&self, name: &str) -> String {
        self.at(match kind_and_number(name) {
            ("api", number) => 10 + number,
            ("realtime", number) => 20 + number,
            ("postgres", _) => 1,
            ("redis", _) => 2,
            _ => 0,
        })
    }

    /// Where an `api`, a `realtime` or a `worker` tells its metrics.
    #[must_use]
    pub fn metrics(&self, name: &str) -> String {
        self.at(match kind_and_number(name) {
            ("api", number) => 30 + number,
            ("realtime", number) => 40 + number,
            (_, number) => 50 + number,
        })
    }

    /// The database of all engines.
    #[must_use]
    pub fn database_url(&self) -> String {
        format!("postgres://parlour@{}/parlour", self.address("postgres"))
    }

    /// The Redis server.
    #[must_use]
    pub fn redis_url(&self) -> String {
        format!("redis://{}/", self.address("redis"))
    }

    /// The file of a secret that all processes share.
    #[must_use]
    pub fn secret(&self, name: &str) -> PathBuf {
        self.up.join("secrets").join(name)
    }

    /// Where a file arms a fail point.
    #[must_use]
    pub fn fail_points(&self) -> PathBuf {
        self.up.join("fail-points")
    }

    fn at(&self, offset: u16) -> String {
        format!("127.0.0.1:{}", self.port + offset)
    }

    /// Starts a process again that has died.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn launch(&self, name: &str) -> Result<(), BoxError> {
        self.run("up", &[name]).await
    }

    /// The same, with the binary from another folder. It alone dies at its fail points: others get to them too, where
    /// all features are there.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn launch_from(&self, binaries: &Path, name: &str) -> Result<(), BoxError> {
        let mut script = self.script("up");
        succeed(script.env("FAIL_POINTS", self.fail_points()).arg(binaries).arg(name)).await
    }

    /// Has this process died by itself?
    ///
    /// # Errors
    /// When it was never started.
    pub fn is_dead(&self, name: &str) -> Result<bool, BoxError> {
        Ok(self.process(name)?.has_ended())
    }

    /// Pulls a process's plug: it, and whatever it had started, has no time for anything.
    ///
    /// # Errors
    /// When it is still there after a while.
    pub async fn kill(&self, name: &str) -> Result<(), BoxError> {
        let processes = self.processes(name)?;
        processes.iter().for_each(|process| process.signal(Signal::KILL));
        let gone = until(GONE_LIMIT, LOOK, || processes.iter().all(|process| process.has_ended())).await;
        gone.map(drop).ok_or_else(|| format!("{name} is still there").into())
    }

    /// Asks a process to end, and waits until it has, with 0.
    ///
    /// # Errors
    /// When it takes too long, or ends with anything but 0.
    pub async fn terminate(&self, name: &str) -> Result<(), BoxError> {
        let process = self.process(name)?;
        process.signal(Signal::TERM);
        let ended = async {
            loop {
                if let Some(status) = process.end() {
                    return status;
                }
                sleep(LOOK).await;
            }
        };
        match timeout(DRAIN_LIMIT, ended).await {
            Ok(Some(0)) => Ok(()),
            Ok(status) => Err(format!("{name} ended with {status:?} and not with 0").into()),
            Err(_) => Err(format!("{name} does not end").into()),
        }
    }

    /// Waits until a process of ours is ready.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn ready(&self, name: &str) -> Result<(), BoxError> {
        let address = if name.starts_with("worker") { self.metrics(name) } else { self.address(name) };
        let url = format!("http://{address}/readyz");
        let answers = async {
            loop {
                if reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
                    return;
                }
                sleep(LOOK).await;
            }
        };
        timeout(START_LIMIT, answers).await.map_err(|_| format!("{name} is not ready"))?;
        Ok(())
    }

    /// Stops a process where it stands.
    ///
    /// # Errors
    /// When it was never started.
    pub fn stall(&self, name: &str) -> Result<(), BoxError> {
        self.processes(name)?.iter().for_each(|process| process.signal(Signal::STOP));
        Ok(())
    }

    /// Lets a stopped process go on.
    ///
    /// # Errors
    /// When it was never started.
    pub fn resume(&self, name: &str) -> Result<(), BoxError> {
        self.processes(name)?.iter().for_each(|process| process.signal(Signal::CONT));
        Ok(())
    }

    /// Removes all that the dead Redis had kept.
    ///
    /// # Errors
    /// When a file can't be removed.
    pub fn empty_redis(&self) -> Result<(), BoxError> {
        for entry in fs::read_dir(self.up.join("redis"))? {
            let path = entry?.path();
            if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
        }
        Ok(())
    }

    /// Ends all of it. What it wrote is kept where `keep` says so: the answer is where.
    ///
    /// # Errors
    /// When something does not end.
    pub async fn end(mut self, keep: bool) -> Result<Option<PathBuf>, BoxError> {
        self.run("down", &[]).await?;
        let folder = self.folder.take();
        Ok(folder.filter(|_| keep).map(TempDir::keep))
    }

    async fn run(&self, script: &str, names: &[&str]) -> Result<(), BoxError> {
        let mut command = self.script(script);
        if script == "up" {
            command.arg(&self.binaries).args(names);
        }
        succeed(&mut command).await
    }

    fn script(&self, script: &str) -> Command {
        let mut command = Command::new(self.root.join("docker").join(script));
        command
            .env("UP", &self.up)
            .env("UP_PORT", self.port.to_string())
            .env_remove("BALANCER")
            .env_remove("FAIL_POINTS")
            .env("RUST_LOG", "warn")
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    /// A process, as it is now.
    ///
    /// # Errors
    /// When it was never started.
    pub fn process(&self, name: &str) -> Result<Process, BoxError> {
        Process::remembered(&fs::read_to_string(self.up.join("pids").join(name))?)
    }

    /// A process and all that it has started.
    fn processes(&self, name: &str) -> Result<Vec<Process>, BoxError> {
        let process = self.process(name)?;
        Ok([vec![process], process.children()?].concat())
    }
}

impl Drop for Shape {
    /// An error or a panic on the way leaves nothing running.
    fn drop(&mut self) {
        if self.folder.is_some() {
            // What can't be ended is told by the script itself.
            let _ = self.script("down").as_std_mut().status();
        }
    }
}

async fn succeed(script: &mut Command) -> Result<(), BoxError> {
    let done = script.status().await?;
    if done.success() { Ok(()) } else { Err(format!("{:?} failed", script.as_std()).into()) }
}

/// `realtime2` is the second `realtime`.
fn kind_and_number(name: &str) -> (&str, u16) {
    let kind = name.trim_end_matches(|last: char| last.is_ascii_digit());
    let number = name.strip_prefix(kind).and_then(|number| number.parse().ok());
    (kind, number.unwrap_or_default())
}

fn free_ports() -> u16 {
    loop {
        let first = rng().random_range(PORTS);
        if (first..first + SPAN).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return first;
        }
    }
}
