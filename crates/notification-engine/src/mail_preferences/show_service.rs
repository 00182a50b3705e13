//! Showing whether a user wants mail.

use engine_interfaces::{NotificationsError, UserId};

use crate::{NotificationEngine, engine::unavailable};

/// Shows whether a user wants mail.
pub(crate) struct ShowService<'a> {
    engine: &'a NotificationEngine,
}

impl<'a> ShowService<'a> {
    pub(crate) fn new(engine: &'a NotificationEngine) -> Self {
        Self { engine }
    }

    /// Whether `user` wants digests: yes, where they said nothing.
    pub(crate) async fn call(&self, user: UserId) -> Result<bool, NotificationsError> {
        Ok(self.engine.store.wants_digests(user).await.map_err(unavailable)?.unwrap_or(true))
    }
}
