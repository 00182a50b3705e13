//! What the rest of the system may ask of notifications.

use async_trait::async_trait;

use crate::{BoxError, GroupId, UserId};

/// What a user wants to hear of a group while they are away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NotificationPreference {
    /// Nothing.
    pub muted: bool,
}

/// Why notifications refused.
#[derive(Debug, thiserror::Error)]
pub enum NotificationsError {
    /// The store failed.
    #[error("notifications are unavailable")]
    Unavailable(#[source] BoxError),
}

/// What the rest of the system may ask of notifications. They know no memberships: whether a user is in a
/// group is asked of [`Chat`](crate::Chat) before.
#[async_trait]
pub trait Notifications: Send + Sync {
    /// What `user` wants to hear of `group`; everything, where they said nothing.
    async fn preference(
        &self,
        user: UserId,
        group: GroupId,
    ) -> Result<NotificationPreference, NotificationsError>;

    /// Changes what `user` wants to hear of `group`.
    async fn set_preference(
        &self,
        user: UserId,
        group: GroupId,
        preference: NotificationPreference,
    ) -> Result<(), NotificationsError>;

    /// Does the store answer?
    async fn ready(&self) -> Result<(), NotificationsError>;
}
