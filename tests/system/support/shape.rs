//! The production shape: several processes over a database and a Redis server of the test's own.

use std::path::{Path, PathBuf};

use test_support::{OwnDatabase, RedisServer};
use tokio::process::Command;

use super::Process;

/// Two `api`, a `realtime` and a `worker`.
pub(crate) struct Shape<R = RedisServer> {
    pub(crate) apis: [Process; 2],
    pub(crate) realtime: Process,
    pub(crate) worker: Process,
    pub(crate) redis: R,
    redis_url: String,
    /// Dropped last.
    pub(crate) database: OwnDatabase,
}

impl Shape {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same, with some settings.
    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Self {
        let redis = RedisServer::start().await;
        let url = redis.url();
        let settings = settings.to_vec();
        Self::over(redis, url, |command| {
            command.envs(settings.iter().copied());
        })
        .await
    }
}

impl<R> Shape<R> {
    /// Over a Redis at a URL, which ends with the shape; each command is changed by `adapt`.
    pub(crate) async fn over(redis: R, redis_url: String, adapt: impl Fn(&mut Command)) -> Self {
        let database = OwnDatabase::create().await;
        let command = |name| {
            let mut command = command(name, database.url(), &redis_url);
            adapt(&mut command);
            command
        };
        let migrated = command("parlour").arg("migrate").output().await.unwrap();
        assert!(migrated.status.success());
        Self {
            apis: [Process::start(command("api")).await, Process::start(command("api")).await],
            realtime: Process::start(command("realtime")).await,
            worker: Process::start(command("worker")).await,
            redis,
            redis_url,
            database,
        }
    }

    /// A command that shares the stores.
    pub(crate) fn command(&self, name: &str) -> Command {
        command(name, self.database.url(), &self.redis_url)
    }

    /// Pulls real time's plug; the answer starts it again where it was.
    pub(crate) async fn kill_realtime(&mut self) -> Command {
        let mut again = self.command("realtime");
        let address = self.realtime.realtime().trim_start_matches("http://");
        again.env("REALTIME_LISTEN", address);
        self.realtime.kill().await;
        again
    }
}

/// A command with all that it needs.
pub(crate) fn command(name: &str, database: &str, redis: &str) -> Command {
    let mut command = bare(name);
    command
        .env("DATABASE_URL", database)
        .env("REDIS_URL", redis)
        .env("TOKEN_SECRET", "a token secret that all the processes share")
        .env("PASSWORD_KEY", "a password key that all the processes share")
        .env("API_LISTEN", "127.0.0.1:0")
        .env("REALTIME_LISTEN", "127.0.0.1:0")
        .env("METRICS_LISTEN", "off")
        // Few connections: several tests run at once. A hash at the least cost.
        .env("DATABASE_POOL", "3")
        .env("BCRYPT_COST", "4");
    command
}

/// A command that knows of no stores and no secrets.
pub(crate) fn bare(name: &str) -> Command {
    let mut command = Command::new(binary(name));
    for setting in ["DATABASE_URL", "REDIS_URL", "TOKEN_SECRET", "PASSWORD_KEY"] {
        command.env_remove(setting);
    }
    command.kill_on_drop(true);
    command
}

/// Cargo builds a package's own binaries for its tests; those of the others lie beside them.
fn binary(name: &str) -> PathBuf {
    let binary = Path::new(env!("CARGO_BIN_EXE_parlour")).with_file_name(name);
    assert!(
        binary.exists(),
        "{} is not there: `cargo build --workspace --bins` first, or `make specs CRATE=parlour`",
        binary.display()
    );
    binary
}
