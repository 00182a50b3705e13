//! What the tests of this crate share.

use std::{
    future::Future,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use engine_interfaces::{AuthError, Rule};
use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, LocalRecorderGuard, Metadata, Recorder, SharedString, Unit,
};
use test_support::{FixedClock, TestDatabase};

use crate::{
    AuthEngine, Keys, MIGRATIONS, Settings, StartError, Store,
    factories::{self, RecordingBroker},
};

/// A network, and a neighbour in it.
pub(crate) const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
pub(crate) const NEXT_DOOR: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 200));
/// Another network.
pub(crate) const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 1));

/// An engine on SQLite, and all around it.
pub(crate) struct Rig {
    pub(crate) database: TestDatabase,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) broker: Arc<RecordingBroker>,
    pub(crate) auth: Arc<AuthEngine>,
}

impl Rig {
    pub(crate) async fn new() -> Self {
        Self::with(factories::settings()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let database = TestDatabase::sqlite(MIGRATIONS).await;
        let clock = Arc::new(FixedClock::default());
        let broker = Arc::new(RecordingBroker::default());
        let auth = AuthEngine::new(
            Store::over(database.database()),
            broker.clone(),
            clock.clone(),
            factories::keys(),
            settings,
        );
        let auth = auth.await.unwrap();
        Self { database, clock, broker, auth }
    }

    /// Another process on the same store, with a bus of its own: hints do not reach it.
    pub(crate) async fn another(&self, keys: Keys) -> Result<Arc<AuthEngine>, StartError> {
        AuthEngine::new(
            Store::over(self.database.database()),
            Arc::new(RecordingBroker::default()),
            self.clock.clone(),
            keys,
            factories::settings(),
        )
        .await
    }
}

/// Waits until `holds`, at most 10 s.
pub(crate) async fn eventually<F: Future<Output = bool>>(holds: impl Fn() -> F) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
}

/// The rules that an answer says were broken, with their fields.
pub(crate) fn broken<T>(answer: Result<T, AuthError>) -> Vec<(&'static str, Rule)> {
    match answer {
        Err(AuthError::Invalid(violations)) => violations.iter().map(|one| (one.field, one.rule)).collect(),
        Err(error) => panic!("{error}"),
        Ok(_) => Vec::new(),
    }
}

/// Reads the metric of hashed passwords, of engines that this thread starts while the guard lives.
#[derive(Default)]
pub(crate) struct HashCount(Arc<AtomicU64>);

impl HashCount {
    pub(crate) fn listen(&self) -> LocalRecorderGuard<'_> {
        metrics::set_default_local_recorder(self)
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Recorder for HashCount {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        if key.name() == "parlour_auth_password_hashes_total" {
            Counter::from_arc(Arc::clone(&self.0))
        } else {
            Counter::noop()
        }
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
