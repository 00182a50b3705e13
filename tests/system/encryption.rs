//! Stores that are spoken to over TLS.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use engine_interfaces::{Clock, SystemClock};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{
    doctor::{examined, finding},
    support::{Listener, Person, Process, shape::command},
};

/// How many messages come one after the other.
const LIVE: i64 = 4;
/// Below the time in which the comparison with the store, every 10 s, would have brought these.
const LIVE_LIMIT: Duration = Duration::from_secs(10);

/// PostgreSQL and Redis that take nothing but TLS.
struct Servers {
    /// The certificate of who vouches for them.
    authority: PathBuf,
    database_url: String,
    redis_url: String,
    /// They end with its standard input.
    _script: Child,
}

impl Servers {
    async fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/system/encrypted-servers");
        let mut script = Command::new(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(script.stdout.take().unwrap()).lines();
        let told = told.next_line().await.unwrap().expect("the servers start");
        let [authority, postgres, redis] = told.split(' ').collect::<Vec<_>>()[..] else {
            panic!("a certificate and two ports: {told}");
        };
        Self {
            authority: authority.into(),
            database_url: format!("postgres://parlour@localhost:{postgres}/parlour?sslmode=verify-full"),
            redis_url: format!("rediss://localhost:{redis}/"),
            _script: script,
        }
    }

    /// A command that trusts nobody else.
    fn command(&self, name: &str) -> Command {
        let mut command = command(name, &self.database_url, &self.redis_url);
        command.env("SSL_CERT_FILE", &self.authority).env_remove("SSL_CERT_DIR");
        command
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_go_by_stores_that_take_nothing_but_tls() {
    let servers = Servers::start().await;
    assert!(servers.command("parlour").arg("migrate").output().await.unwrap().status.success());
    let (content, findings) = examined(servers.command("parlour")).await;
    assert!(content, "{findings:#?}");
    let chat = finding(&findings, "chat", "good").unwrap()["found"].as_str().unwrap();
    assert!(chat.ends_with("encrypted"), "{chat}");
    assert!(finding(&findings, "redis", "good").is_some(), "{findings:#?}");

    let api = Process::start(servers.command("api")).await;
    let realtime = Process::start(servers.command("realtime")).await;
    let (alice, bob) = (Person::at(api.api()).await, Person::at(api.api()).await);
    let group = alice.group_with(&[&bob]).await;
    let mut listener = Listener::start(realtime.realtime(), &bob);
    listener.next("connect").await;
    let live = Instant::now();
    for seq in 1..=LIVE {
        alice.send(group, SystemClock.new_id(), "Between us").await.unwrap();
        assert_eq!(listener.next("message").await["seq"], seq);
    }
    assert!(live.elapsed() < LIVE_LIMIT, "Redis carries them: {:?}", live.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_nobody_vouches_for_is_told_nothing() {
    let servers = Servers::start().await;
    let mut stranger = servers.command("parlour");
    stranger.env_remove("SSL_CERT_FILE");
    let (content, findings) = examined(stranger).await;
    assert!(!content, "{findings:#?}");
    for part in ["chat", "redis"] {
        assert!(finding(&findings, part, "error").is_some(), "{part}: {findings:#?}");
    }

    // Nor is one that has another name.
    let mut elsewhere = servers.command("parlour");
    elsewhere
        .env("DATABASE_URL", servers.database_url.replace("localhost", "127.0.0.1"))
        .env("REDIS_URL", servers.redis_url.replace("localhost", "127.0.0.1"));
    let (_, findings) = examined(elsewhere).await;
    for part in ["chat", "redis"] {
        assert!(finding(&findings, part, "error").is_some(), "{part}: {findings:#?}");
    }
}
