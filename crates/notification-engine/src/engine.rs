//! What the rest of the system asks.

use std::sync::Arc;

use async_trait::async_trait;
use engine_interfaces::{
    BoxError, Clock, GroupId, NotificationPreference, Notifications, NotificationsError, PersonalData,
    Presence, UserId,
};

use crate::{
    UnsubscribeKeys, mail_preferences, personal_data::NotificationData, preferences, presence, store::Store,
};

/// What reaches people who are away.
///
/// # Example
/// ```
/// use std::sync::Arc;
///
/// use engine_interfaces::{Notifications, SystemClock, UserId};
/// use notification_engine::{NotificationEngine, Store, UnsubscribeKeys};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let store = Store::sqlite(folder.path().join("notifications.db"))?; // or ::postgres(url)
/// store.migrate().await?;
/// let keys = UnsubscribeKeys::new(&["a secret of 32 bytes or more, that nobody knows"]);
/// let notifications = NotificationEngine::new(store, Arc::new(SystemClock), keys);
///
/// let alice = UserId::from_name("alice");
/// assert!(notifications.wants_digests(alice).await?);
/// notifications.set_wants_digests(alice, false).await?;
/// assert!(!notifications.wants_digests(alice).await?);
/// # Ok(()) }
/// ```
pub struct NotificationEngine {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) keys: UnsubscribeKeys,
}

impl NotificationEngine {
    /// Over a migrated store; `keys` sign the links in its mail.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, keys: UnsubscribeKeys) -> Arc<Self> {
        Arc::new(Self { store, clock, keys })
    }

    /// What this engine holds of users, web hooks too, for an export or an erasure.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use engine_interfaces::{Clock, SystemClock};
    /// # use notification_engine::{NotificationEngine, Store, UnsubscribeKeys};
    /// use engine_interfaces::{Notifications, UserId};
    /// use serde_json::json;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), engine_interfaces::BoxError> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("notifications.db"))?;
    /// # store.migrate().await?;
    /// # let keys = UnsubscribeKeys::new(&["a secret of 32 bytes or more, that nobody knows"]);
    /// # let notifications = NotificationEngine::new(store, Arc::new(SystemClock), keys);
    /// let alice = UserId::from_name("alice");
    /// notifications.set_wants_digests(alice, false).await?;
    ///
    /// let held = notifications.personal_data();
    /// assert_eq!(held.export(alice, "mail_preferences", None).await?.entries, [json!({ "digests": false })]);
    /// held.erase(alice, SystemClock.now()).await?;
    /// for section in held.sections() {
    ///     assert!(held.export(alice, section, None).await?.entries.is_empty());
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn personal_data(&self) -> Arc<dyn PersonalData> {
        Arc::new(NotificationData::new(self.store.clone()))
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

    async fn wants_digests(&self, user: UserId) -> Result<bool, NotificationsError> {
        mail_preferences::ShowService::new(self).call(user).await
    }

    async fn set_wants_digests(&self, user: UserId, wants: bool) -> Result<(), NotificationsError> {
        mail_preferences::UpdateService::new(self).call(user, wants).await
    }

    fn unsubscriber(&self, token: &str) -> Option<UserId> {
        self.keys.user(token)
    }

    async fn ready(&self) -> Result<(), NotificationsError> {
        self.store.database().ready().await.map_err(unavailable)
    }
}

#[async_trait]
impl Presence for NotificationEngine {
    async fn seen(&self, users: &[UserId]) -> Result<(), NotificationsError> {
        presence::MarkService::new(self).call(users).await
    }
}
