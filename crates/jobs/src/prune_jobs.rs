//! Forgets finished jobs, in every copy of the table.

use async_trait::async_trait;
use engine_interfaces::{BoxError, Job, Worker};

use crate::Jobs;

/// Forgets finished jobs, in every copy of the table. The runner enqueues it every hour.
pub(crate) struct PruneJobs {
    jobs: Jobs,
}

impl PruneJobs {
    pub(crate) const KIND: &str = "jobs.prune";

    pub(crate) fn new(jobs: Jobs) -> Self {
        Self { jobs }
    }
}

#[async_trait]
impl Worker for PruneJobs {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn perform(&self, _: &Job) -> Result<(), BoxError> {
        for (queue, store) in self.jobs.queues() {
            let pruned = store.prune().await?;
            tracing::info!(queue, pruned, "finished jobs were pruned");
        }
        Ok(())
    }
}
