//! Changing a preference.

use engine_interfaces::{GroupId, NotificationPreference, NotificationsError, UserId};

use crate::{NotificationEngine, engine::unavailable};

/// Changes a preference.
pub(crate) struct UpdateService<'a> {
    engine: &'a NotificationEngine,
}

impl<'a> UpdateService<'a> {
    pub(crate) fn new(engine: &'a NotificationEngine) -> Self {
        Self { engine }
    }

    /// From now on `user` wants to hear this of `group`.
    pub(crate) async fn call(
        &self,
        user: UserId,
        group: GroupId,
        preference: NotificationPreference,
    ) -> Result<(), NotificationsError> {
        let now = self.engine.clock.now();
        self.engine.store.set_preference(user, group, preference, now).await.map_err(unavailable)
    }
}
