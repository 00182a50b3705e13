//! Changing whether a user wants mail.

use engine_interfaces::{NotificationsError, UserId};

use crate::{NotificationEngine, engine::unavailable};

/// Changes whether a user wants mail.
pub(crate) struct UpdateService<'a> {
    engine: &'a NotificationEngine,
}

impl<'a> UpdateService<'a> {
    pub(crate) fn new(engine: &'a NotificationEngine) -> Self {
        Self { engine }
    }

    /// From now on `user` wants digests, or not.
    pub(crate) async fn call(&self, user: UserId, wants: bool) -> Result<(), NotificationsError> {
        let now = self.engine.clock.now();
        self.engine.store.set_wants_digests(user, wants, now).await.map_err(unavailable)
    }
}
