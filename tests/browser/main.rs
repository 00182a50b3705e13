//! The web client in a real browser, against the binary with the page in it: see `run`.

#[cfg(test)]
mod tests {
    use std::path::Path;

    use test_support::{OwnDatabase, RedisServer};
    use tokio::process::Command;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_page_does_what_it_promises_in_a_browser() {
        let (database, redis) = (OwnDatabase::create().await, RedisServer::start().await);
        let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/browser/run");
        let passed = Command::new(run)
            .env("PARLOUR", env!("CARGO_BIN_EXE_parlour"))
            .env("DATABASE_URL", database.url())
            .env("REDIS_URL", redis.url())
            .kill_on_drop(true)
            .status()
            .await
            .unwrap();
        assert!(passed.success(), "what failed is told above");
    }
}
