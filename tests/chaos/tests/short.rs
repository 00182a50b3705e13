//! The fault proof in short, with the binaries of the test build: each kind of process dies once, and an `api` dies
//! twice at each fail point.

use std::{path::Path, process::Command};

#[test]
fn nothing_is_lost_when_each_process_dies_once() {
    let chaos = Path::new(env!("CARGO_BIN_EXE_chaos"));
    let binaries = chaos.parent().unwrap();
    for name in ["parlour", "api", "realtime", "worker"] {
        assert!(
            binaries.join(name).exists(),
            "{name} is not there: `cargo build --workspace --bins` first, or `make specs CRATE=chaos`"
        );
    }
    // Fewer people and messages than usual: the binaries are not optimised.
    let done = Command::new(chaos)
        .arg("--binaries")
        .arg(binaries)
        .args([
            "--short", "--rounds", "1", "--people", "60", "--groups", "12", "--rate", "100", "--trials", "26",
        ])
        .output()
        .unwrap();
    let (told, failed) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "something went wrong:\n{told}{failed}");
}
