//! The programs of docs/quick-start.md, run word for word.

use std::{env, fs, time::Duration};

use tempfile::TempDir;
use tokio::{process::Command, time::timeout};

use crate::{process::Process, tests::root};

/// How long a program may take: one of them installs what it needs first.
const PATIENCE: Duration = Duration::from_secs(300);

/// The program of docs/quick-start.md in a language.
fn program(language: &str) -> String {
    let text = fs::read_to_string(root().join("docs/quick-start.md")).unwrap();
    let (_, rest) = text.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// Runs a program against a server of its own; it says what Bob heard, and ends.
async fn says_hello(mut command: Command) {
    let data = TempDir::new().unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_parlour"));
    server
        .env("DATABASE_URL", format!("sqlite:{}", data.path().display()))
        .env("DATA_DIR", data.path())
        .envs([("API_LISTEN", "127.0.0.1:0"), ("REALTIME_LISTEN", "127.0.0.1:0"), ("METRICS_LISTEN", "off")])
        .env("BCRYPT_COST", "4")
        .arg("serve");
    let server = Process::start(server).await;
    command.env("API", server.api()).kill_on_drop(true);
    let ended = timeout(PATIENCE, command.output()).await.unwrap().unwrap();
    let said = String::from_utf8(ended.stdout).unwrap();
    assert!(ended.status.success(), "{said}{}", String::from_utf8_lossy(&ended.stderr));
    assert!(said.lines().any(|line| line == "Hello, Bob"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn curl() {
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", &program("bash")]);
    says_hello(bash).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript() {
    // Within the package, which is known to itself under its name.
    let run = root().join("tests/consumers/run");
    let prepared = Command::new(&run).args(["clients/typescript", "true"]).status().await.unwrap();
    assert!(prepared.success());
    let folder = TempDir::with_prefix_in(".quick-start-", root().join("clients/typescript")).unwrap();
    fs::write(folder.path().join("main.ts"), program("ts")).unwrap();
    let lines = format!(
        "npx tsc --strict --noUncheckedIndexedAccess --target es2023 --module nodenext --types node --skipLibCheck \
         {0}/main.ts && exec node {0}/main.js",
        folder.path().display()
    );
    let mut node = Command::new(&run);
    node.args(["clients/typescript", "bash", "-c", &lines]);
    says_hello(node).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python() {
    let mut python = Command::new(root().join("tests/quick-start/run"));
    python.args(["python", "-c", &program("python")]);
    says_hello(python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rust() {
    let compiled = include_str!("quick_start/program.rs");
    assert_eq!(
        program("rust"),
        compiled,
        "tests/consumers/quick_start/program.rs is the program of the page"
    );
    let mut this = Command::new(env::current_exe().unwrap());
    this.args(["--exact", "quick_start::rust_program::runs", "--ignored", "--nocapture"]);
    says_hello(this).await;
}

/// The program in Rust, compiled with this suite.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it is a program of its own, and says what it heard"
)]
mod rust_program {
    include!("quick_start/program.rs");

    #[test]
    #[ignore = "started by the test `rust`, as a process of its own that is told of a server"]
    fn runs() {
        main().unwrap();
    }
}
