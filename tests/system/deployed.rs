//! What is asked of a deployed server holds of this one too: the pipeline runs it against staging.

use std::path::Path;

use tokio::process::Command;

use crate::support::Parlour;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_passes_what_is_asked_of_a_deployed_one() {
    let parlour = Parlour::start().await;
    let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients");
    let mut node = Command::new("node");
    node.args(["--test", "deployed.test.mjs"]).current_dir(clients).env("API", &parlour.api);
    let output = node.kill_on_drop(true).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("pass 3"), "all of it ran: {said}");
}
