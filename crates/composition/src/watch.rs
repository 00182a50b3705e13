//! What is measured about the process as a whole: its pools, and what it depends on.

use std::{sync::Arc, time::Duration};

use database::{Database, Usage};
use engine_interfaces::{Dependencies, DependencyState};
use metrics::{Gauge, describe_gauge, gauge};
use tokio::time::{MissedTickBehavior, interval};

/// How often the pools are looked at.
const POOLS_EVERY: Duration = Duration::from_secs(5);
/// How often it is asked whether what the process depends on is there.
const DEPENDENCIES_EVERY: Duration = Duration::from_secs(15);

/// Says what the metrics mean, and which version runs.
pub(crate) fn describe() {
    describe_gauge!("parlour_build_info", "Always 1; the label says which version runs.");
    describe_gauge!("parlour_dependency_up", "1 where what the process depends on answers, else 0.");
    describe_gauge!("parlour_database_pool_limit", "The most connections of a store's pool.");
    describe_gauge!("parlour_database_pool_connections", "Connections of a store's pool, by state.");
    describe_gauge!("parlour_database_pool_waiting", "Those who wait for a connection of a store's pool.");
    crate::panics::describe();
    error_reports::describe();
    traces::describe();
    gauge!("parlour_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
}

/// Looks at the pools for ever.
pub(crate) async fn pools(stores: Vec<(&'static str, Database)>) {
    let pools: Vec<_> = stores.into_iter().map(|(name, store)| (store, PoolMeters::new(name))).collect();
    let mut turn = interval(POOLS_EVERY);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turn.tick().await;
        for (store, meters) in &pools {
            meters.set(store.usage());
        }
    }
}

/// Asks what the process depends on for ever.
pub(crate) async fn dependencies(dependencies: Arc<dyn Dependencies>) {
    let mut turn = interval(DEPENDENCIES_EVERY);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turn.tick().await;
        for (name, dependency) in dependencies.states().await {
            let up = u8::from(dependency.state == DependencyState::Up);
            gauge!("parlour_dependency_up", "dependency" => name).set(up);
        }
    }
}

struct PoolMeters {
    limit: Gauge,
    idle: Gauge,
    in_use: Gauge,
    waiting: Gauge,
}

impl PoolMeters {
    fn new(store: &'static str) -> Self {
        let connections =
            |state| gauge!("parlour_database_pool_connections", "store" => store, "state" => state);
        Self {
            limit: gauge!("parlour_database_pool_limit", "store" => store),
            idle: connections("idle"),
            in_use: connections("in_use"),
            waiting: gauge!("parlour_database_pool_waiting", "store" => store),
        }
    }

    fn set(&self, usage: Usage) {
        self.limit.set(usage.limit as f64);
        self.idle.set(usage.idle as f64);
        self.in_use.set(usage.open.saturating_sub(usage.idle) as f64);
        self.waiting.set(usage.waiting as f64);
    }
}
