//! Digests over the real engines, both databases, and a real mail server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod mail_servers;
mod size;
mod stories;
mod support;

/// Makes each of the named tests one of SQLite and one of PostgreSQL.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        $(mod $test {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$test(crate::support::Scene::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$test(crate::support::Scene::postgres().await).await;
            }
        })+
    };
}

use on_both;
