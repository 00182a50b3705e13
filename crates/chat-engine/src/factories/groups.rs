//! Groups for tests.

use std::sync::Arc;

use engine_interfaces::{Chat, Group, GroupDraft, GroupId, Role, UserId};

use super::user;
use crate::ChatEngine;

/// A group to be made in `chat`.
#[must_use]
pub fn group(chat: &Arc<ChatEngine>) -> GroupFactory {
    GroupFactory {
        chat: Arc::clone(chat),
        owner: user(),
        draft: GroupDraft { id: None, name: "Stanley Park".to_owned(), description: String::new() },
        members: Vec::new(),
    }
}

/// A group to be made: by somebody, with nobody else in it, unless the test says more.
///
/// # Example
/// ```
/// use chat_engine::{Chat, Role, factories};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (chat, _broker) = factories::engine().await;
/// let (admin, member) = (factories::user(), factories::user());
/// let made = factories::group(&chat).name("Beer").with(admin, Role::Admin).member(member);
/// let (group, owner) = made.create().await;
/// assert_eq!(chat.show_group(owner, group.id).await?.member_count, 3);
/// # Ok(()) }
/// ```
pub struct GroupFactory {
    chat: Arc<ChatEngine>,
    owner: UserId,
    draft: GroupDraft,
    members: Vec<(UserId, Role)>,
}

impl GroupFactory {
    /// Of this name.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.draft.name);
        self
    }

    /// With this id.
    ///
    /// # Example
    /// ```
    /// use chat_engine::{Clock, GroupId, SystemClock, factories};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (chat, _broker) = factories::engine().await;
    /// let id = GroupId(SystemClock.new_id()); // known before there is a group
    /// let (group, _) = factories::group(&chat).id(id).create().await;
    /// assert_eq!(group.id, id);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn id(mut self, id: GroupId) -> Self {
        self.draft.id = Some(id);
        self
    }

    /// Made and owned by `owner`.
    ///
    /// # Example
    /// ```
    /// use chat_engine::{Chat, Limit, UserId, factories};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (chat, _broker) = factories::engine().await;
    /// let alice = UserId::from_name("alice");
    /// for _ in 0..2 {
    ///     factories::group(&chat).owner(alice).create().await;
    /// }
    /// assert_eq!(chat.list_groups(alice, Limit::default(), None).await?.entries.len(), 2);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn owner(mut self, owner: UserId) -> Self {
        self.owner = owner;
        self
    }

    /// With this member.
    #[must_use]
    pub fn member(self, member: UserId) -> Self {
        self.with(member, Role::Member)
    }

    /// With somebody in this role.
    #[must_use]
    pub fn with(mut self, user: UserId, role: Role) -> Self {
        self.members.push((user, role));
        self
    }

    /// Makes it; answers the group as its owner sees it, and the owner.
    #[expect(clippy::expect_used, reason = "a factory fails by panicking, as the test that uses it")]
    pub async fn create(self) -> (Group, UserId) {
        let Self { chat, owner, draft, members } = self;
        let group = chat.create_group(owner, draft).await.expect("the group is made").group.id;
        for (user, role) in members {
            chat.add_member(owner, group, user).await.expect("the member is added");
            if role != Role::Member {
                chat.change_role(owner, group, user, role).await.expect("the role is given");
            }
        }
        let group = chat.show_group(owner, group).await.expect("the group is shown");
        (group, owner)
    }
}
