//! What those who use the API from outside are given: the TypeScript client, the descriptions for tools, the quick
//! start; each against the real binary.

#[cfg(test)]
#[path = "../system/support/process.rs"]
#[expect(dead_code, reason = "the system suite uses the rest of it")]
mod process;
#[cfg(test)]
mod quick_start;

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tokio::process::Command;

    pub(crate) fn root() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
    }

    /// Runs tests of node's in a folder, which `tests/consumers/run` prepares.
    async fn pass(folder: &str, tests: &str) {
        let passed = Command::new(root().join("tests/consumers/run"))
            .args([folder, "bash", "-c", &format!("exec node --test --test-reporter=spec {tests}")])
            .env("PARLOUR", env!("CARGO_BIN_EXE_parlour"))
            .kill_on_drop(true)
            .status()
            .await
            .unwrap();
        assert!(passed.success(), "what failed is told above");
    }

    #[tokio::test]
    async fn the_typescript_client_loses_and_doubles_nothing() {
        pass("clients/typescript", "tests/*.test.mjs").await;
    }

    #[tokio::test]
    async fn asyncapi_says_what_the_server_sends() {
        pass("tests/consumers", "asyncapi.test.mjs").await;
    }

    #[tokio::test]
    async fn the_insomnia_collection_is_answered() {
        pass("tests/consumers", "insomnia.test.mjs").await;
    }
}
