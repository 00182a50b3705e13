//! Removes the exports that have expired.

use std::sync::Arc;

use async_trait::async_trait;
use engine_interfaces::{BoxError, Clock, Job, Worker};

use crate::{AuthEngine, Store};

/// Removes the exports that have expired. Meant to be enqueued now and then; its jobs carry nothing.
///
/// # Example
/// ```
/// use auth_engine::PruneExports;
/// use jobs::{Every, Runner};
///
/// /// Archives can't be had once they expired; this is what makes room.
/// fn tidied(runner: Runner) -> Runner {
///     runner.cron(PruneExports::KIND, Every::Hour)
/// }
/// ```
pub struct PruneExports {
    store: Store,
    clock: Arc<dyn Clock>,
    chunk: i64,
}

impl PruneExports {
    /// What its jobs are called.
    pub const KIND: &str = "auth.prune_exports";

    pub(crate) fn new(engine: &AuthEngine) -> Self {
        let AuthEngine { store, clock, settings, .. } = engine;
        Self { store: store.clone(), clock: Arc::clone(clock), chunk: settings.export_prune_chunk }
    }
}

#[async_trait]
impl Worker for PruneExports {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn perform(&self, _: &Job) -> Result<(), BoxError> {
        Ok(self.store.prune_exports(self.clock.now(), self.chunk).await?)
    }
}
