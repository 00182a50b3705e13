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

/// Hears who is here, so that nobody is reminded of what they see.
#[async_trait]
pub trait Presence: Send + Sync {
    /// These users are here now. At most 1,000 at a time.
    async fn seen(&self, users: &[UserId]) -> Result<(), NotificationsError>;
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

    /// Does `user` want digests by mail? Yes, where they said nothing.
    async fn wants_digests(&self, user: UserId) -> Result<bool, NotificationsError>;

    /// Changes whether `user` wants digests by mail.
    async fn set_wants_digests(&self, user: UserId, wants: bool) -> Result<(), NotificationsError>;

    /// Whose digests the link of a mail turns off: who shows its token needs no other proof. None where it
    /// is no token of ours.
    fn unsubscriber(&self, token: &str) -> Option<UserId>;

    /// Does the store answer?
    async fn ready(&self) -> Result<(), NotificationsError>;
}
