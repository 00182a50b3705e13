//! Ends a guest's account.

use std::sync::Arc;

use async_trait::async_trait;
use database::jobs::NewJob;
use engine_interfaces::{BoxError, Clock, Job, JobId, Timestamp, UserId, Worker};
use serde::Deserialize;
use serde_json::json;

use super::end;
use crate::{AuthEngine, Settings, Store, revocations::Revocations};

/// Ends a guest's account once its time is over, as its user could have before.
pub(crate) struct EraseGuest {
    store: Store,
    revocations: Arc<Revocations>,
    clock: Arc<dyn Clock>,
    settings: Settings,
}

#[derive(Deserialize)]
struct Payload {
    user_id: UserId,
}

/// Somebody else changed the account at the same time.
#[derive(Debug, thiserror::Error)]
#[error("the account has changed at the same time")]
struct Changed;

impl EraseGuest {
    const KIND: &'static str = "auth.erase_guest";

    pub(crate) fn new(engine: &AuthEngine) -> Self {
        let AuthEngine { store, revocations, clock, settings, .. } = engine;
        Self {
            store: store.clone(),
            revocations: Arc::clone(revocations),
            clock: Arc::clone(clock),
            settings: settings.clone(),
        }
    }

    pub(crate) fn job(clock: &dyn Clock, guest: UserId, at: Timestamp) -> NewJob {
        let (payload, id) = (json!({ "user_id": guest }), JobId(clock.new_id()));
        NewJob::new(id, Self::KIND, guest.to_string(), &payload, clock.now(), at)
    }
}

#[async_trait]
impl Worker for EraseGuest {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn perform(&self, job: &Job) -> Result<(), BoxError> {
        let Payload { user_id } = serde_json::from_value(job.payload.clone())?;
        let account = self.store.find_account(user_id).await?;
        // They may have ended it themselves, or an earlier attempt did.
        let Some(guest) = account.filter(|account| account.user.guest) else {
            return Ok(());
        };
        let ended = end(&guest, &self.revocations, &*self.clock, &self.settings).await?;
        if ended { Ok(()) } else { Err(Changed.into()) }
    }
}
