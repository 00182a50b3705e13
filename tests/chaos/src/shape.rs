//! The production shape, as `docker/up` runs it, in a folder and on ports of its own.

use std::{
    collections::BTreeMap,
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

use crate::{
    process::{Process, adopt},
    store::Store,
    town::until,
};

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

/// A counter's values, by a label's.
pub(crate) type Counts = BTreeMap<String, u64>;

/// Two `api`, two `realtime`, three `worker`, PostgreSQL, Redis and HAProxy.
pub(crate) struct Shape {
    /// The project's.
    root: PathBuf,
    binaries: PathBuf,
    /// Data, logs, process ids. None once it is to be kept.
    folder: Option<TempDir>,
    up: PathBuf,
    port: u16,
}

impl Shape {
    /// Starts all of it.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) async fn start(binaries: &Path) -> Result<Self, BoxError> {
        adopt()?;
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
        let folder = TempDir::with_prefix("parlour-chaos.")?;
        // The databases run as another user where this one is root.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711))?;
        let up = folder.path().to_owned();
        let binaries = binaries.canonicalize()?;
        let shape = Self { root, binaries, folder: Some(folder), up, port: free_ports() };
        shape.run("up", &[]).await?;
        Ok(shape)
    }

    /// Where the balancer answers: `127.0.0.1:port`.
    pub(crate) fn balancer(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The database.
    pub(crate) fn store(&self) -> Store {
        Store::at(format!("postgres://parlour@127.0.0.1:{}/parlour", self.port + 1))
    }

    /// The number of a process.
    pub(crate) fn id(&self, name: &str) -> Result<u32, BoxError> {
        Ok(self.process(name)?.id())
    }

    /// Starts a process again that has died.
    pub(crate) async fn launch(&self, name: &str) -> Result<(), BoxError> {
        self.run("up", &[name]).await
    }

    /// The same, with the binary from another folder.
    pub(crate) async fn launch_from(&self, binaries: &Path, name: &str) -> Result<(), BoxError> {
        let mut script = self.script("up");
        succeed(script.arg(binaries).arg(name)).await
    }

    /// Where a file arms a fail point.
    pub(crate) fn fail_points(&self) -> PathBuf {
        self.up.join("fail-points")
    }

    /// Has this process died by itself?
    pub(crate) fn is_dead(&self, name: &str) -> Result<bool, BoxError> {
        Ok(self.process(name)?.has_ended())
    }

    /// Pulls a process's plug: it, and whatever it had started, has no time for anything.
    pub(crate) async fn kill(&self, name: &str) -> Result<(), BoxError> {
        let processes = self.processes(name)?;
        processes.iter().for_each(|process| process.signal(Signal::KILL));
        let gone = until(GONE_LIMIT, LOOK, || processes.iter().all(|process| process.has_ended())).await;
        gone.map(drop).ok_or_else(|| format!("{name} is still there").into())
    }

    /// Asks a process to end, and waits until it has, with 0.
    pub(crate) async fn terminate(&self, name: &str) -> Result<(), BoxError> {
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
    pub(crate) async fn ready(&self, name: &str) -> Result<(), BoxError> {
        let (kind, number) = name.split_at(name.len() - 1);
        let number: u16 = number.parse()?;
        let (port, path) = match kind {
            "api" => (10, "readyz"),
            "realtime" => (20, "readyz"),
            _ => (50, "readyz"),
        };
        let url = format!("http://127.0.0.1:{}/{path}", self.port + port + number);
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

    /// The sum of a counter over all realtime processes, by one of its labels.
    pub(crate) async fn realtime_counts(&self, counter: &str, label: &str) -> Result<Counts, BoxError> {
        let mut counts = Counts::new();
        for number in 1..=2 {
            let url = format!("http://127.0.0.1:{}/metrics", self.port + 40 + number);
            let text = reqwest::get(url).await?.text().await?;
            for line in text.lines().filter_map(|line| line.strip_prefix(counter)) {
                let value = line.rsplit(' ').next().unwrap_or_default().parse::<f64>()?;
                let labelled =
                    line.split_once(&format!("{label}=\"")).and_then(|(_, rest)| rest.split_once('"'));
                let name = labelled.map_or_else(String::new, |(name, _)| name.to_owned());
                *counts.entry(name).or_default() += value as u64;
            }
        }
        Ok(counts)
    }

    /// Stops a process where it stands.
    pub(crate) fn stall(&self, name: &str) -> Result<(), BoxError> {
        self.processes(name)?.iter().for_each(|process| process.signal(Signal::STOP));
        Ok(())
    }

    /// Lets a stopped process go on.
    pub(crate) fn resume(&self, name: &str) -> Result<(), BoxError> {
        self.processes(name)?.iter().for_each(|process| process.signal(Signal::CONT));
        Ok(())
    }

    /// Removes all that the dead Redis had kept.
    pub(crate) fn empty_redis(&self) -> Result<(), BoxError> {
        for entry in fs::read_dir(self.up.join("redis"))? {
            let path = entry?.path();
            if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
        }
        Ok(())
    }

    /// Ends all of it. What it wrote is kept where `keep` says so: the answer is where.
    pub(crate) async fn end(mut self, keep: bool) -> Result<Option<PathBuf>, BoxError> {
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
            .env("FAIL_POINTS", self.fail_points())
            .env("RUST_LOG", "warn")
            // Hundreds of people sign up from one machine, and what a hash costs is not in question.
            .env("BCRYPT_COST", "4")
            .env("SIGN_UPS_PER_NETWORK", "1000000")
            // The receiver of web hooks is here too.
            .env("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    fn process(&self, name: &str) -> Result<Process, BoxError> {
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

fn free_ports() -> u16 {
    loop {
        let first = rng().random_range(PORTS);
        if (first..first + SPAN).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return first;
        }
    }
}
