//! What the rest of the system asks.

use std::sync::Arc;

use async_trait::async_trait;
use engine_interfaces::{
    BoxError, Clock, GroupId, NotificationPreference, Notifications, NotificationsError, UserId, Worker,
};

use crate::{preferences, store::Store};

/// What reaches people who are away.
pub struct NotificationEngine {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
}

impl NotificationEngine {
    /// Over a migrated store.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { store, clock })
    }

    /// Who does this engine's jobs.
    #[must_use]
    pub fn workers(&self) -> Vec<Arc<dyn Worker>> {
        Vec::new()
    }
}

pub(crate) fn unavailable(error: impl Into<BoxError>) -> NotificationsError {
    NotificationsError::Unavailable(error.into())
}

#[async_trait]
impl Notifications for NotificationEngine {
    async fn preference(
        &self,
        user: UserId,
        group: GroupId,
    ) -> Result<NotificationPreference, NotificationsError> {
        preferences::ShowService::new(self).call(user, group).await
    }

    async fn set_preference(
        &self,
        user: UserId,
        group: GroupId,
        preference: NotificationPreference,
    ) -> Result<(), NotificationsError> {
        preferences::UpdateService::new(self).call(user, group, preference).await
    }

    async fn ready(&self) -> Result<(), NotificationsError> {
        self.store.database().ready().await.map_err(unavailable)
    }
}
