//! The production shape, as `docker/up` runs it, in a folder and on ports of its own.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use engine_interfaces::{BoxError, Clock, SystemClock};
use tempfile::TempDir;

use crate::kernel;

/// The first port is one of these: below those that the system gives to connections.
const PORTS: std::ops::Range<u16> = 11_000..19_000;
/// How many ports are its own, from the first on.
const SPAN: u16 = 60;

/// Those whose work is counted together.
pub(crate) const KINDS: [&str; 5] = ["api", "realtime", "worker", "postgres", "redis"];

/// Two `api`, two `realtime`, three `worker`, PostgreSQL, Redis and HAProxy. Ends with the value.
pub(crate) struct Shape {
    root: PathBuf,
    folder: TempDir,
    binaries: PathBuf,
    port: u16,
}

/// The processor time of each of [`KINDS`].
pub(crate) type Times = [Duration; KINDS.len()];

impl Shape {
    /// Starts all of it, with some settings.
    pub(crate) fn start(binaries: &Path, settings: &[(&str, &str)]) -> Result<Self, BoxError> {
        let folder = TempDir::with_prefix("parlour-bench.")?;
        // The databases run as another user where this one is root.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711))?;
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
        let shape = Self { root, folder, binaries: binaries.canonicalize()?, port: free_ports(SPAN) };
        let up = shape.script("up").arg(&shape.binaries).envs(settings.iter().copied()).status()?;
        if up.success() { Ok(shape) } else { Err("docker/up failed".into()) }
    }

    /// Where a process listens: `api1`, `realtime2`, `postgres`, `redis`.
    pub(crate) fn address(&self, name: &str) -> String {
        let port = match name.split_at(name.len() - 1) {
            ("api", number) => 10 + number.parse().unwrap_or(1),
            ("realtime", number) => 20 + number.parse().unwrap_or(1),
            ("postgre", _) => 1,
            _ => 2,
        };
        format!("127.0.0.1:{}", self.port + port)
    }

    pub(crate) fn database_url(&self) -> String {
        format!("postgres://parlour@{}/parlour", self.address("postgres"))
    }

    pub(crate) fn redis_url(&self) -> String {
        format!("redis://{}/", self.address("redis"))
    }

    /// The file of a secret that all processes have.
    pub(crate) fn secret(&self, name: &str) -> PathBuf {
        self.folder.path().join("secrets").join(name)
    }

    /// The process of a name.
    pub(crate) fn process(&self, name: &str) -> Result<u32, BoxError> {
        let remembered = fs::read_to_string(self.folder.path().join("pids").join(name))?;
        Ok(remembered.split(' ').next().unwrap_or_default().parse()?)
    }

    /// The processor time of each kind of process so far.
    pub(crate) fn times(&self) -> Result<Times, BoxError> {
        let mut times = [Duration::ZERO; KINDS.len()];
        for (time, kind) in times.iter_mut().zip(KINDS) {
            let names: &[&str] = match kind {
                "api" => &["api1", "api2"],
                "realtime" => &["realtime1", "realtime2"],
                "worker" => &["worker1", "worker2", "worker3"],
                "postgres" => &["postgres"],
                _ => &["redis"],
            };
            for name in names {
                *time += kernel::cpu(self.process(name)?);
            }
        }
        Ok(times)
    }

    fn script(&self, name: &str) -> Command {
        let mut command = Command::new(self.root.join("docker").join(name));
        command
            .env("UP", self.folder.path())
            .env("UP_PORT", self.port.to_string())
            .env_remove("BALANCER")
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }
}

impl Drop for Shape {
    fn drop(&mut self) {
        // What can't be ended is told by the script itself.
        let _ = self.script("down").status();
    }
}

/// What passed between two moments, of each kind and of all.
pub(crate) fn between(before: &Times, after: &Times) -> (Times, Duration) {
    let mut passed = [Duration::ZERO; KINDS.len()];
    for (passed, (before, after)) in passed.iter_mut().zip(before.iter().zip(after)) {
        *passed = after.saturating_sub(*before);
    }
    (passed, passed.iter().sum())
}

/// The first of so many ports that nobody has.
pub(crate) fn free_ports(span: u16) -> u16 {
    loop {
        let random = SystemClock.new_id().as_u128() % u128::from(PORTS.end - PORTS.start);
        let first = PORTS.start + random as u16;
        if (first..first + span).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return first;
        }
    }
}
