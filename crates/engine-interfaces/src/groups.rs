//! Groups, and who is in them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{GroupId, GroupMessage, Revision, Seq, Timestamp, UserId};

/// What a member may do.
///
/// # Example
/// ```
/// use engine_interfaces::Role;
///
/// let may_invite = |role: Role| role >= Role::Admin; // who may do more may do that, too
/// assert!(may_invite(Role::Owner) && !may_invite(Role::Member));
/// assert_eq!(serde_json::to_value(Role::Owner).unwrap(), "owner");
/// assert_eq!("guest".parse::<Role>().unwrap_err().to_string(), "not a role");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads and sends.
    Member,
    /// Also changes the group, invites, and adds and removes members.
    Admin,
    /// Also gives roles, removes anyone and deletes the group.
    Owner,
}

impl Role {
    /// As the contract and the stores write it.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::Role;
    ///
    /// assert_eq!(Role::Admin.as_str().parse(), Ok(Role::Admin));
    /// assert!(Role::Owner > Role::Admin && Role::Admin > Role::Member);
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a role")]
pub struct RoleError;

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "member" => Ok(Self::Member),
            "admin" => Ok(Self::Admin),
            "owner" => Ok(Self::Owner),
            _ => Err(RoleError),
        }
    }
}

/// A group, as one of its members sees it.
///
/// # Example
/// ```
/// use engine_interfaces::Group;
///
/// /// What stands beside a group in its viewer's list.
/// fn badge(group: &Group) -> Option<String> {
///     match group.unread_count() {
///         0 => None,
///         few @ 1..100 => Some(few.to_string()),
///         _ => Some("99+".into()),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// 1 to 100 characters.
    pub name: String,
    /// At most 1,000 characters.
    pub description: String,
    /// The viewer's role.
    pub role: Role,
    /// The newest message's position.
    pub last_seq: Seq,
    /// How far the viewer has read.
    pub read_seq: Seq,
    /// Valid with `last_seq`: what makes an ETag.
    pub revision: Revision,
    /// The newest message.
    pub last_message: Option<GroupMessage>,
    /// How many are in it.
    pub member_count: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its name or description last changed.
    pub updated_at: Timestamp,
}

impl Group {
    /// How many messages the viewer has not read. Exact.
    #[must_use]
    pub fn unread_count(&self) -> i64 {
        self.last_seq.0 - self.read_seq.0
    }
}

/// What a viewer's copy of a group depends on; read by primary key, before any other row.
///
/// # Example
/// ```
/// use engine_interfaces::{GroupVersion, Revision, Role, Seq};
///
/// let copy = GroupVersion { last_seq: Seq(7), revision: Revision(2), role: Role::Member, read_seq: Seq(5) };
/// let now = GroupVersion { read_seq: Seq(7), ..copy };
/// assert_ne!(copy, now, "nothing was sent, but less is unread");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupVersion {
    /// The newest message's position.
    pub last_seq: Seq,
    /// What else changed.
    pub revision: Revision,
    /// The viewer's role.
    pub role: Role,
    /// How far the viewer has read.
    pub read_seq: Seq,
}

/// Where a group's log ends, for those who follow it.
///
/// # Example
/// ```
/// use engine_interfaces::{Clock, GroupHead, GroupId, Seq, SystemClock};
///
/// let (group_id, last_activity_at) = (GroupId(SystemClock.new_id()), SystemClock.now());
/// let head = GroupHead { group_id, last_seq: Seq(7), last_activity_at };
/// let heard = Seq(5); // the last one that a follower was told of
/// assert!(head.last_seq > heard, "it missed a hint, and reads the log from there");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupHead {
    /// The group.
    pub group_id: GroupId,
    /// The newest message's position.
    pub last_seq: Seq,
    /// When the group last had a message, or was made.
    pub last_activity_at: Timestamp,
}

/// A member of a group.
///
/// # Example
/// ```
/// use engine_interfaces::{Membership, Role};
///
/// /// Whether somebody among all the `members` can leave: a group keeps an owner.
/// fn can_leave(members: &[Membership], leaver: &Membership) -> bool {
///     let owners = members.iter().filter(|member| member.role == Role::Owner);
///     leaver.role != Role::Owner || owners.count() > 1
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The group.
    pub group_id: GroupId,
    /// Who.
    pub user_id: UserId,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
}

/// A group to be made.
///
/// # Example
/// ```
/// use engine_interfaces::{Clock, GroupDraft, GroupId, SystemClock};
///
/// let id = Some(GroupId(SystemClock.new_id())); // chosen once, kept for each retry
/// let draft = GroupDraft { id, ..GroupDraft::new("Beer") };
/// assert_eq!((draft.name.as_str(), draft.description.as_str()), ("Beer", ""));
/// ```
#[derive(Debug, Clone)]
pub struct GroupDraft {
    /// Chosen by the client, so that a retry makes no second group.
    pub id: Option<GroupId>,
    /// 1 to 100 characters, not blank.
    pub name: String,
    /// At most 1,000 characters.
    pub description: String,
}

impl GroupDraft {
    /// A group whose id the engine chooses, without a description.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::GroupDraft;
    ///
    /// let draft = GroupDraft { description: "On Fridays".into(), ..GroupDraft::new("Beer") };
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { id: None, name: name.into(), description: String::new() }
    }
}

/// What changes about a group.
///
/// # Example
/// ```
/// use engine_interfaces::GroupChange;
///
/// let plain = GroupChange { description: Some(String::new()), ..GroupChange::default() };
/// assert_eq!(plain.name, None, "the name stays, and the description goes");
/// ```
#[derive(Debug, Clone, Default)]
pub struct GroupChange {
    /// The new name.
    pub name: Option<String>,
    /// The new description.
    pub description: Option<String>,
}

/// What came of making a group.
///
/// # Example
/// ```
/// use engine_interfaces::Created;
///
/// /// HTTP's status: both times the group is there, and it was made once.
/// fn status(created: &Created) -> u16 {
///     if created.replayed { 200 } else { 201 }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Created {
    /// The group.
    pub group: Group,
    /// It was there already: this was a retry.
    pub replayed: bool,
}

/// What came of adding a member.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId, bob: UserId) -> Result<(), ChatError> {
/// let Added { membership, already } = chat.add_member(alice, group, bob).await?;
/// if already {
///     println!("in since {}, as {}", membership.joined_at, membership.role); // which nothing changed
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Added {
    /// The membership.
    pub membership: Membership,
    /// They were in already.
    pub already: bool,
}
