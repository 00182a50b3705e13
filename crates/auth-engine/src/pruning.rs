//! Forgets what no longer matters.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use engine_interfaces::{BoxError, Clock, Job, Worker};

use crate::{attempts::Attempts, store::Store};

/// Forgets revocations of tokens that have ended, and attempts that no longer count. Meant to be enqueued
/// now and then; its jobs carry nothing.
///
/// # Example
/// ```
/// use auth_engine::PruneRevocations;
/// use jobs::{Every, Runner};
///
/// /// The runner that has `AuthEngine::workers`, one of which does it.
/// fn tidied(runner: Runner) -> Runner {
///     runner.cron(PruneRevocations::KIND, Every::Hour)
/// }
/// ```
pub struct PruneRevocations {
    store: Store,
    attempts: Attempts,
    clock: Arc<dyn Clock>,
    leeway: Duration,
}

impl PruneRevocations {
    /// What its jobs are called.
    pub const KIND: &str = "auth.prune_revocations";

    pub(crate) fn new(store: Store, attempts: Attempts, clock: Arc<dyn Clock>, leeway: Duration) -> Self {
        Self { store, attempts, clock, leeway }
    }
}

#[async_trait]
impl Worker for PruneRevocations {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn perform(&self, _: &Job) -> Result<(), BoxError> {
        let ended = self.clock.now().minus(self.leeway);
        self.store.prune_revocations(ended).await?;
        self.attempts.prune().await?;
        Ok(())
    }
}
