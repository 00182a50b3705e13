//! What chat tells of messages that wait for their readers, to those who remind people of them.

use async_trait::async_trait;

use crate::{ChatError, GroupId, Timestamp, UserId};

/// A group in which a member has something to read.
///
/// # Example
/// ```
/// use engine_interfaces::{Clock, GroupId, SystemClock, UnreadGroup};
///
/// let group_id = GroupId(SystemClock.new_id());
/// let waiting = [UnreadGroup { group_id, name: "Beer".into(), unread_count: 3 }];
/// let count: i64 = waiting.iter().map(|group| group.unread_count).sum();
/// assert_eq!(format!("{count} messages in {} group", waiting.len()), "3 messages in 1 group");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadGroup {
    /// The group.
    pub group_id: GroupId,
    /// Its name, as its members gave it.
    pub name: String,
    /// How many messages the member has not read. Exact.
    pub unread_count: i64,
}

/// What waits for its readers. Asks for no user's right: for those who tell each user of their own.
///
/// # Example
/// ```
/// use std::time::Duration;
///
/// use engine_interfaces::{ChatError, Clock, UnreadMessages, UserId};
///
/// /// Whether somebody is to be reminded of what they have not read for an hour.
/// async fn is_due(unread: &dyn UnreadMessages, clock: &dyn Clock, user: UserId) -> Result<bool, ChatError> {
///     let until = clock.now().minus(Duration::from_secs(60 * 60));
///     Ok(!unread.unread_groups(user, until).await?.is_empty())
/// }
/// ```
#[async_trait]
pub trait UnreadMessages: Send + Sync {
    /// Members of `group` whose oldest unread message is from `until` or before, in the order of their ids,
    /// from behind `after` on; fewer than `limit` at the end. Nobody, where the group is deleted.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(unread: &dyn UnreadMessages, group: GroupId, until: Timestamp) -> Result<(), ChatError> {
    /// let mut after = None;
    /// loop {
    ///     let some = unread.unread_members(group, until, after, 500).await?;
    ///     after = some.last().copied();
    ///     if some.len() < 500 {
    ///         break;
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    async fn unread_members(
        &self,
        group: GroupId,
        until: Timestamp,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<UserId>, ChatError>;

    /// The groups in which the oldest message that `user` has not read is from `until` or before.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(unread: &dyn UnreadMessages, alice: UserId, until: Timestamp) -> Result<(), ChatError> {
    /// for UnreadGroup { name, unread_count, .. } in unread.unread_groups(alice, until).await? {
    ///     println!("{unread_count} in {name}");
    /// }
    /// # Ok(()) }
    /// ```
    async fn unread_groups(&self, user: UserId, until: Timestamp) -> Result<Vec<UnreadGroup>, ChatError>;
}
