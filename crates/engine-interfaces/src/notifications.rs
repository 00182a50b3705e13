//! What the rest of the system may ask of notifications.

use async_trait::async_trait;

use crate::{BoxError, GroupId, UserId};

/// What a user wants to hear of a group while they are away.
///
/// # Example
/// ```
/// use engine_interfaces::NotificationPreference;
///
/// assert!(!NotificationPreference::default().muted, "who said nothing hears of everything");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NotificationPreference {
    /// Nothing.
    pub muted: bool,
}

/// Why notifications refused.
///
/// # Example
/// ```
/// use engine_interfaces::{ErrorCode, NotificationsError};
///
/// let error = NotificationsError::Unavailable("no route to host".into());
/// assert_eq!(error.to_string(), "notifications are unavailable", "the cause is its source");
/// assert_eq!(ErrorCode::from(&error).status(), 503);
/// ```
#[derive(Debug, thiserror::Error)]
pub enum NotificationsError {
    /// The store failed.
    #[error("notifications are unavailable")]
    Unavailable(#[source] BoxError),
}

/// Hears who is here, so that nobody is reminded of what they see.
///
/// # Example
/// ```
/// use std::{collections::HashSet, sync::Mutex};
///
/// use async_trait::async_trait;
/// use engine_interfaces::{NotificationsError, Presence, UserId};
///
/// /// Remembers who was here, for a test.
/// struct Seen(Mutex<HashSet<UserId>>);
///
/// #[async_trait]
/// impl Presence for Seen {
///     async fn seen(&self, users: &[UserId]) -> Result<(), NotificationsError> {
///         self.0.lock().unwrap().extend(users);
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait Presence: Send + Sync {
    /// These users are here now. At most 1,000 at a time.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(presence: &dyn Presence, here: &[UserId]) -> Result<(), NotificationsError> {
    /// for some in here.chunks(1_000) {
    ///     presence.seen(some).await?;
    /// }
    /// # Ok(()) }
    /// ```
    async fn seen(&self, users: &[UserId]) -> Result<(), NotificationsError>;
}

/// What the rest of the system may ask of notifications. They know no memberships: whether a user is in a
/// group is asked of [`Chat`](crate::Chat) before.
///
/// # Example
/// ```
/// use engine_interfaces::{BoxError, Chat, GroupId, Notifications, UserId};
///
/// /// Whether a member hears nothing of a group. A stranger gets chat's answer: there is no such group.
/// async fn is_muted(
///     (chat, notifications): (&dyn Chat, &dyn Notifications),
///     (user, group): (UserId, GroupId),
/// ) -> Result<bool, BoxError> {
///     chat.group_version(user, group).await?;
///     Ok(notifications.preference(user, group).await?.muted)
/// }
/// ```
#[async_trait]
pub trait Notifications: Send + Sync {
    /// What `user` wants to hear of `group`; everything, where they said nothing.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(notifications: &dyn Notifications, alice: UserId, group: GroupId) -> Result<(), NotificationsError> {
    /// let silent = notifications.preference(alice, group).await?.muted;
    /// # Ok(()) }
    /// ```
    async fn preference(
        &self,
        user: UserId,
        group: GroupId,
    ) -> Result<NotificationPreference, NotificationsError>;

    /// Changes what `user` wants to hear of `group`.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(notifications: &dyn Notifications, alice: UserId, group: GroupId) -> Result<(), NotificationsError> {
    /// let muted = NotificationPreference { muted: true };
    /// notifications.set_preference(alice, group, muted).await?;
    /// # Ok(()) }
    /// ```
    async fn set_preference(
        &self,
        user: UserId,
        group: GroupId,
        preference: NotificationPreference,
    ) -> Result<(), NotificationsError>;

    /// Does `user` want digests by mail? Yes, where they said nothing.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(notifications: &dyn Notifications, alice: UserId, group: GroupId) -> Result<(), NotificationsError> {
    /// let by_mail = notifications.wants_digests(alice).await?;
    /// # Ok(()) }
    /// ```
    async fn wants_digests(&self, user: UserId) -> Result<bool, NotificationsError>;

    /// Changes whether `user` wants digests by mail.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(notifications: &dyn Notifications, alice: UserId, group: GroupId) -> Result<(), NotificationsError> {
    /// notifications.set_wants_digests(alice, false).await?;
    /// # Ok(()) }
    /// ```
    async fn set_wants_digests(&self, user: UserId, wants: bool) -> Result<(), NotificationsError>;

    /// Whose digests the link of a mail turns off: who shows its token needs no other proof. None where it
    /// is no token of ours.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(notifications: &dyn Notifications, alice: UserId, group: GroupId, token: &str) -> Result<(), NotificationsError> {
    /// if let Some(user) = notifications.unsubscriber(token) {
    ///     notifications.set_wants_digests(user, false).await?;
    /// }
    /// # Ok(()) }
    /// ```
    fn unsubscriber(&self, token: &str) -> Option<UserId>;

    /// Does the store answer?
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(notifications: &dyn Notifications, alice: UserId, group: GroupId) -> Result<(), NotificationsError> {
    /// notifications.ready().await?;
    /// # Ok(()) }
    /// ```
    async fn ready(&self) -> Result<(), NotificationsError>;
}
