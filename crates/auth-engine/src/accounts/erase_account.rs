//! Erases what is held of a user whose account ended.

use std::sync::Arc;

use async_trait::async_trait;
use database::jobs::NewJob;
use engine_interfaces::{BoxError, Clock, Erasure, Job, JobId, Timestamp, UserId, Worker};
use serde::Deserialize;
use serde_json::json;

use super::{Holders, not_yet};
use crate::{AuthEngine, Settings, Store};

/// Erases what is held of a user whose account ended.
pub(crate) struct EraseAccount {
    store: Store,
    clock: Arc<dyn Clock>,
    settings: Settings,
    holders: Holders,
}

#[derive(Deserialize)]
struct Payload {
    user_id: UserId,
    ended_at: Timestamp,
}

impl EraseAccount {
    const KIND: &'static str = "auth.erase_account";

    pub(crate) fn new(engine: &AuthEngine, holders: Holders) -> Self {
        let AuthEngine { store, clock, settings, .. } = engine;
        Self { store: store.clone(), clock: Arc::clone(clock), settings: settings.clone(), holders }
    }

    /// One for now, and one for later: a request that was let in elsewhere before the account ended may still
    /// have had an effect while the first one went by.
    pub(crate) fn jobs(
        clock: &dyn Clock,
        settings: &Settings,
        user: UserId,
        ended_at: Timestamp,
    ) -> Vec<NewJob> {
        let payload = json!({ "user_id": user, "ended_at": ended_at });
        let job =
            |key, run_at| NewJob::new(JobId(clock.new_id()), Self::KIND, key, &payload, ended_at, run_at);
        let later = ended_at.plus(settings.erase_again_after);
        vec![job(user.to_string(), ended_at), job(format!("{user}:later"), later)]
    }
}

#[async_trait]
impl Worker for EraseAccount {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn perform(&self, job: &Job) -> Result<(), BoxError> {
        let Payload { user_id, ended_at } = serde_json::from_value(job.payload.clone())?;
        // Theirs expired with the account.
        self.store.prune_exports(self.clock.now(), self.settings.export_prune_chunk).await?;
        for holder in self.holders.iter() {
            if holder.erase(user_id, ended_at).await? == Erasure::NotYet {
                return Err(not_yet(&*self.clock, &self.settings));
            }
        }
        Ok(())
    }
}
