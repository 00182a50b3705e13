//! What a process depends on.

use std::{collections::BTreeMap, error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use database::Database;
use engine_interfaces::{Broker, Dependencies, Dependency, DependencyState};
use tokio::{task::JoinSet, time::timeout};

/// How long a store may take to answer: one that is busy is not away.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// The stores and the broker.
pub(crate) struct Dependent {
    /// By their names, and whether they are needed.
    pub(crate) stores: Vec<(&'static str, Database, bool)>,
    /// Never needed: it carries hints.
    pub(crate) broker: Arc<dyn Broker>,
}

#[async_trait]
impl Dependencies for Dependent {
    async fn states(&self) -> BTreeMap<&'static str, Dependency> {
        let asked = self.stores.iter().cloned().map(|(name, database, needed)| async move {
            (name, Dependency { state: state(answers(&database).await), needed })
        });
        let answered = asked.collect::<JoinSet<_>>().join_all().await;
        let broker = Dependency { state: state(self.broker.is_up()), needed: false };
        answered.into_iter().chain([("broker", broker)]).collect()
    }
}

async fn answers(database: &Database) -> bool {
    match timeout(ANSWER_LIMIT, database.ready()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(error = &error as &dyn Error, store = %database.location(), "a store is away");
            false
        }
        Err(_) => {
            tracing::warn!(store = %database.location(), "a store does not answer");
            false
        }
    }
}

fn state(up: bool) -> DependencyState {
    if up { DependencyState::Up } else { DependencyState::Away }
}
