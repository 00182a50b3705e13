//! Showing a preference.

use engine_interfaces::{GroupId, NotificationPreference, NotificationsError, UserId};

use crate::{NotificationEngine, engine::unavailable};

/// Shows a preference.
pub(crate) struct ShowService<'a> {
    engine: &'a NotificationEngine,
}

impl<'a> ShowService<'a> {
    pub(crate) fn new(engine: &'a NotificationEngine) -> Self {
        Self { engine }
    }

    /// What `user` wants to hear of `group`: everything, where they said nothing.
    pub(crate) async fn call(
        &self,
        user: UserId,
        group: GroupId,
    ) -> Result<NotificationPreference, NotificationsError> {
        let found = self.engine.store.preference(user, group).await.map_err(unavailable)?;
        Ok(found.unwrap_or_default())
    }
}
