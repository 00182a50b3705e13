//! The README's transcript, run word for word.

use std::{fs, path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::timeout,
};

use crate::support::Parlour;

/// The README's first fenced block of a language after a heading.
fn block<'a>(readme: &'a str, heading: &str, language: &str) -> &'a str {
    let (_, section) = readme.split_once(heading).expect("the README has the heading");
    let (_, rest) = section.split_once(&format!("```{language}\n")).expect("the section has the block");
    rest.split_once("```").expect("the block ends").0
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_does_what_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let parlour = Parlour::start().await;
    let clients = root.join("tests/clients");

    let sign_up = bash(&parlour, block(&readme, "### Two people and a group", "sh")).await;
    assert!(
        sign_up.contains("\"name\":\"Stanley Park\"") && sign_up.contains("\"role\":\"member\""),
        "{sign_up}"
    );

    // Node finds the client library beside the script.
    let script = clients.join(format!("readme-{}.mjs", std::process::id()));
    fs::write(&script, block(&readme, "### Bob listens", "js")).unwrap();
    let mut listener = Command::new("node")
        .arg(&script)
        .env("API", &parlour.api)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut heard = BufReader::new(listener.stdout.take().unwrap()).lines();
    let mut hear =
        async || timeout(Duration::from_secs(20), heard.next_line()).await.unwrap().unwrap().unwrap();
    let connected = hear().await;
    fs::remove_file(&script).unwrap();
    assert_eq!(connected, "connected");

    let sent = bash(&parlour, block(&readme, "### Alice writes", "sh")).await;
    assert!(sent.contains("\"message\":\"Hello, Bob\""), "{sent}");
    assert_eq!(hear().await, "1 Hello, Bob");

    let page = bash(&parlour, block(&readme, "### Bob reads", "sh")).await;
    assert!(page.contains("\"unread_count\":1") && page.contains("Hello, Bob"), "{page}");
}

async fn bash(parlour: &Parlour, lines: &str) -> String {
    let mut command = Command::new("bash");
    let output =
        command.args(["-euo", "pipefail", "-c", lines]).env("API", &parlour.api).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}
