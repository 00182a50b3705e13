//! What docs/contract.md tells receivers to do, done by them: in Node and in Python.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use engine_interfaces::DeliveryState;
use serde_json::json;

use crate::{
    bench::Bench,
    receiver::{Mode, Receiver},
};

/// The program of a language in the contract: it reads a request and says whether it is good.
fn program(language: &str) -> String {
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/contract.md");
    let contract = std::fs::read_to_string(contract).unwrap();
    let begin = contract.split(&format!("```{language}\n")).nth(1).expect("an example");
    begin.split("```").next().unwrap().to_owned()
}

/// Runs `verify(secret, headers, body)` of a program, with what a caller of it adds.
fn verifies(command: &str, program: &str, secret: &str, request: &serde_json::Value) -> bool {
    let input = json!({ "secret": secret, "request": request }).to_string();
    let flag = if command == "node" { "-e" } else { "-c" };
    let mut child = Command::new(command)
        .args([flag, program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command}");
    String::from_utf8(output.stdout).unwrap().trim().to_lowercase() == "true"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_knows_what_is_ours() {
    let (bench, receiver) = (Bench::start().await, Receiver::start(Mode::Status(200)).await);
    let hooked = bench.webhook(&receiver.url()).await;
    hooked.send("Grüße, \"quoted\" \\ and a line\nmore 😀").await;
    hooked.until(DeliveryState::Delivered).await;
    let request = receiver.requests().pop().unwrap();
    let body = String::from_utf8(request.body.clone()).unwrap();
    let good = json!({ "headers": request.headers, "body": body });

    let mut forged = Vec::new();
    for (header, value) in
        [("webhook-id", "another"), ("webhook-timestamp", "1700000000"), ("webhook-signature", "v1,AAAA")]
    {
        let mut bad = good.clone();
        bad["headers"][header] = value.into();
        forged.push(bad);
    }
    let mut bad = good.clone();
    bad["body"] = body.replace("Gr", "gr").into();
    forged.push(bad);

    let secret = hooked.created.secret.expose();
    let node = format!(
        "{}\nlet text = ''; process.stdin.on('data', (more) => (text += more)).on('end', () => {{ \
         const {{ secret, request }} = JSON.parse(text); \
         console.log(verify(secret, request.headers, request.body)); }});",
        program("js")
    );
    let python = format!(
        "{}\nimport json, sys\ngiven = json.load(sys.stdin)\n\
         print(verify(given['secret'], given['request']['headers'], given['request']['body'].encode()))",
        program("python")
    );
    for (command, program) in [("node", &node), ("python3", &python)] {
        assert!(verifies(command, program, secret, &good), "{command}");
        assert!(!verifies(command, program, "whsec_c2VjcmV0", &good), "{command}");
        for bad in &forged {
            assert!(!verifies(command, program, secret, bad), "{command} takes {bad}");
        }
    }
}
