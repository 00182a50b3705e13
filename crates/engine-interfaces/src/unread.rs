//! What chat tells of messages that wait for their readers, to those who remind people of them.

use async_trait::async_trait;

use crate::{ChatError, GroupId, Timestamp, UserId};

/// A group in which a member has something to read.
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
