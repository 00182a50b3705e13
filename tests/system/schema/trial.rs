//! Runs schemathesis, and remembers what was asked and answered.

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use super::{description::Operation, known::Known};
use crate::support::Parlour;

/// The workspace's folder.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A few good requests of each operation; troubles are no failures.
const PROBE: &[&str] = &[
    "--phases=fuzzing",
    "--mode=positive",
    "--max-examples=4",
    "--workers=4",
    "--exclude-checks=not_a_server_error,ignored_auth",
];

/// What was asked so far. Every request is a line `METHOD PATH STATUS` of one file.
pub(super) struct Trial {
    folder: TempDir,
}

impl Trial {
    pub(super) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    fn record(&self) -> PathBuf {
        self.folder.path().join("record")
    }

    /// Lets schemathesis ask what would be answered well if the server were not in trouble.
    pub(super) async fn probe(&self, parlour: &Parlour, known: &Known, options: &[&str]) {
        self.explore(parlour, known, &[PROBE, options].concat()).await;
    }

    /// Lets schemathesis ask whatever it can think of about what is `known`. Fails with its report when it
    /// finds anything.
    pub(super) async fn explore(&self, parlour: &Parlour, known: &Known, options: &[&str]) {
        let config = self.folder.path().join("schemathesis.toml");
        fs::copy(Path::new(ROOT).join("tests/schemathesis/schemathesis.toml"), &config).unwrap();
        known.write(self.folder.path());
        let done = command("schemathesis")
            .env("RECORD", self.record())
            .env("HYPOTHESIS_STORAGE_DIRECTORY", self.folder.path())
            .arg("--config-file")
            .arg(config)
            .args(["run", "--no-color", "--warnings", "off", "--url", &parlour.api])
            .args(options)
            .arg(format!("{}/openapi.json", parlour.api))
            .output()
            .await
            .unwrap();
        let report = String::from_utf8_lossy(&done.stdout);
        let complaints = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{report}\n{complaints}");
    }

    /// Remembers an answer that was not asked for by schemathesis.
    pub(super) fn note(&self, method: &str, path: &str, status: u16) {
        let mut record = fs::OpenOptions::new().create(true).append(true).open(self.record()).unwrap();
        writeln!(record, "{method} {path} {status}").unwrap();
    }

    /// How many requests there were.
    pub(super) fn cases(&self) -> usize {
        fs::read_to_string(self.record()).unwrap().lines().count()
    }

    /// What `operations` say they may answer, and never did.
    pub(super) fn unseen(&self, operations: &[Operation]) -> Vec<String> {
        let record = fs::read_to_string(self.record()).unwrap();
        let seen: BTreeSet<&str> = record.lines().collect();
        let declared = operations.iter().flat_map(|operation| {
            let Operation { method, path, statuses } = operation;
            statuses.iter().map(move |status| format!("{method} {path} {status}"))
        });
        declared.filter(|answer| !seen.contains(answer.as_str())).collect()
    }
}

/// A command of the environment that schemathesis is in.
fn command(name: &str) -> Command {
    let mut command = Command::new("tests/schemathesis/run");
    command.current_dir(ROOT).arg(name).kill_on_drop(true);
    command
}

/// Takes the tables of `parlour`'s stores away.
pub(super) async fn break_stores(parlour: &Parlour) {
    let mut command = command("python");
    command.arg("tests/schemathesis/break_stores.py").arg(parlour.data());
    assert!(command.status().await.unwrap().success());
}

/// Makes `parlour`'s stores wait for as long as the answer lives.
pub(super) async fn stall_stores(parlour: &Parlour) -> Child {
    let mut command = command("python");
    command.arg("tests/schemathesis/stall_stores.py").arg(parlour.data());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next_line().await.unwrap().unwrap(), "stalled");
    child
}
