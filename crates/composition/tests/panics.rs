//! Panics in a job and in a task: told, reported with whose they were, and the process goes on. Alone in its
//! process, since the hook is the process's.
#![expect(clippy::panic, reason = "a test fails by panicking")]

use std::{process::ExitCode, sync::Arc};

use async_trait::async_trait;
use clap::Parser;
use composition::{process, settings::ProcessSettings};
use database::{Database, Location, PoolSettings};
use engine_interfaces::{BoxError, Clock, Job, SystemClock, Worker};
use jobs::Runner;
use serde_json::Value;
use tempfile::TempDir;
use test_support::RollbarServer;
use tracing::Instrument;

#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    process: ProcessSettings,
}

struct Panics;

#[async_trait]
impl Worker for Panics {
    fn kind(&self) -> &'static str {
        "test.panics"
    }

    async fn perform(&self, _: &Job) -> Result<(), BoxError> {
        panic!("a secret of the job")
    }
}

/// The next item about a panic.
async fn panic(rollbar: &RollbarServer) -> Value {
    loop {
        let item = rollbar.next().await.item;
        assert!(!item.to_string().contains("secret"), "{item}");
        if item["level"] == "critical" {
            return item;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_reported_with_whose_it_was_and_ends_nothing() {
    let rollbar = RollbarServer::start().await;
    let arguments =
        ["test", "--rollbar-token=a-token", "--rollbar-url", rollbar.url(), "--rollbar-environment=test"];
    let Settings { process } = Settings::parse_from(arguments);
    let folder = TempDir::new().unwrap();
    let location = Location::Sqlite { path: folder.path().join("jobs.db") };
    let database = Database::open(location, &PoolSettings::default()).unwrap();
    database.migrate(jobs::MIGRATIONS).await.unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = jobs::Store::new(database.clone(), clock.clone(), Arc::default());
    store.enqueue("test.panics", "key".to_owned(), &Value::Null).await.unwrap();

    let work = async {
        let runner =
            Runner::new(clock, database, jobs::Settings::default()).ring_workers(vec![Arc::new(Panics)]);
        let runner = tokio::spawn(runner.run(std::future::pending()));
        let item = panic(&rollbar).await;
        assert_eq!((&item["context"], &item["environment"]), (&"test.panics".into(), &"test".into()));
        assert!(item["custom"]["job.id"].is_string(), "{item}");
        let frame = item["body"]["trace"]["frames"].as_array().unwrap().last().unwrap();
        assert!(frame["filename"].as_str().unwrap().ends_with("tests/panics.rs"), "{frame}");

        let span = tracing::info_span!("request", request.id = "r-7");
        let task = tokio::spawn(async { panic!("a secret of the task") }.instrument(span));
        assert!(task.await.unwrap_err().is_panic());
        let item = panic(&rollbar).await;
        assert_eq!(item["custom"]["request.id"], "r-7");
        assert!(!runner.is_finished(), "the jobs go on");
        panic!("a secret of the process")
    };
    let ended = process::run("test", &process, work).await;
    assert_eq!(format!("{ended:?}"), format!("{:?}", ExitCode::FAILURE));
    let item = panic(&rollbar).await;
    assert_eq!(item["custom"]["process"], "test", "told before the process ends");
}
