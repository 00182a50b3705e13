//! Marking who is here.

use engine_interfaces::{NotificationsError, UserId};

use crate::{NotificationEngine, engine::unavailable};

/// Marks who is here.
pub(crate) struct MarkService<'a> {
    engine: &'a NotificationEngine,
}

impl<'a> MarkService<'a> {
    pub(crate) fn new(engine: &'a NotificationEngine) -> Self {
        Self { engine }
    }

    /// These users are here now.
    pub(crate) async fn call(&self, users: &[UserId]) -> Result<(), NotificationsError> {
        if users.is_empty() {
            return Ok(());
        }
        self.engine.store.mark_seen(users.to_vec(), self.engine.clock.now()).await.map_err(unavailable)
    }
}
