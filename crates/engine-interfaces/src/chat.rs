//! What the rest of the system may ask of chat.

use std::{fmt, str::FromStr, sync::Arc};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    Accepted, BoxError, CreatedInvitation, Cursor, GroupId, GroupMessageId, Invitation, InvitationDraft,
    InvitationId, Limit, Page, Revision, Secret, Seq, Timestamp, Traceparent, UserId, Violation,
};

/// What a member may do.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupHead {
    /// The group.
    pub group_id: GroupId,
    /// The newest message's position.
    pub last_seq: Seq,
    /// When the group last had a message, or was made.
    pub last_activity_at: Timestamp,
}

/// A message. Serializes as the contract has it: what HTTP answers, hints and sockets carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupMessage {
    /// Its id, unique within the group.
    pub id: GroupMessageId,
    /// The group.
    pub group_id: GroupId,
    /// Who wrote it; none once erased.
    pub user_id: Option<UserId>,
    /// Its position.
    pub seq: Seq,
    /// The text; none once erased.
    pub message: Option<String>,
    /// Lost its text and author; its position and id stay taken.
    pub erased: bool,
    /// When it was stored; never goes back along `seq`.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The trace that it is on its way in, where that is recorded; no part of what clients see.
    #[serde(skip)]
    pub trace: Option<Traceparent>,
}

/// A member of a group.
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
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { id: None, name: name.into(), description: String::new() }
    }
}

/// What changes about a group.
#[derive(Debug, Clone, Default)]
pub struct GroupChange {
    /// The new name.
    pub name: Option<String>,
    /// The new description.
    pub description: Option<String>,
}

/// What came of making a group.
#[derive(Debug, Clone)]
pub struct Created {
    /// The group.
    pub group: Group,
    /// It was there already: this was a retry.
    pub replayed: bool,
}

/// What came of adding a member.
#[derive(Debug, Clone)]
pub struct Added {
    /// The membership.
    pub membership: Membership,
    /// They were in already.
    pub already: bool,
}

/// A message to be sent.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Who sends.
    pub user_id: UserId,
    /// Where to.
    pub group_id: GroupId,
    /// Chosen by the client, so that a retry makes no second message.
    pub id: Option<GroupMessageId>,
    /// 1 to 10,000 characters, not blank.
    pub message: String,
}

impl Draft {
    /// A draft whose id the engine chooses.
    #[must_use]
    pub fn new(user_id: UserId, group_id: GroupId, message: impl Into<String>) -> Self {
        Self { user_id, group_id, id: None, message: message.into() }
    }

    /// With an id of the client's.
    #[must_use]
    pub fn with_id(mut self, id: GroupMessageId) -> Self {
        self.id = Some(id);
        self
    }
}

/// What came of sending.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The stored message.
    pub message: Arc<GroupMessage>,
    /// It was there already: this was a retry.
    pub replayed: bool,
}

impl Sent {
    /// The stored message.
    #[must_use]
    pub fn into_message(self) -> GroupMessage {
        Arc::unwrap_or_clone(self.message)
    }
}

/// Which messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// The newest, newest first.
    Newest,
    /// Older than this position, newest first.
    Before(Seq),
    /// Newer than this position, oldest first.
    After(Seq),
}

/// Messages of a group, with the version of it that they are at least as new as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePage {
    /// What a copy of the page depends on; read before the messages were.
    pub version: GroupVersion,
    /// In the order of the range.
    pub messages: Vec<Arc<GroupMessage>>,
}

/// What a member may ask to do, for a caller that has to know before it looks something up elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Add somebody.
    AddMember,
    /// Add somebody who is found by their address; not for guests.
    AddByAddress,
    /// See, make and end the group's web hooks; not for guests.
    ManageWebhooks,
}

/// Why chat refused.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// No such group, or the user is not in it: nobody can tell which.
    #[error("group {0} was not found")]
    GroupNotFound(GroupId),
    /// No such message in the group.
    #[error("the message was not found")]
    MessageNotFound,
    /// No such member in the group.
    #[error("the member was not found")]
    MemberNotFound,
    /// No such invitation, or none that lets anybody in any more: nobody can tell which.
    #[error("the invitation was not found")]
    InvitationNotFound,
    /// A member, but not allowed.
    #[error("not allowed")]
    Forbidden,
    /// A guest, and not for guests.
    #[error("not for guests")]
    NotForGuests,
    /// A group keeps an owner.
    #[error("the last owner stays")]
    LastOwner,
    /// The id is taken by something else.
    #[error("the id is taken")]
    IdTaken,
    /// The group has as many members as a group may have.
    #[error("the group is full")]
    GroupFull,
    /// The user is in as many groups as a user may be in.
    #[error("too many groups")]
    TooManyGroups,
    /// The group has as many invitations as a group may have.
    #[error("too many invitations")]
    TooManyInvitations,
    /// The input breaks rules.
    #[error("invalid")]
    Invalid(Vec<Violation>),
    /// Not a cursor of ours.
    #[error("bad cursor")]
    BadCursor,
    /// A queue is full.
    #[error("chat is busy")]
    Busy,
    /// No answer within the limit: whether it happened is unknown; a retry with the same id tells.
    #[error("chat took too long")]
    TimedOut,
    /// The store failed.
    #[error("chat is unavailable")]
    Unavailable(#[source] BoxError),
}

/// What the rest of the system may ask of chat.
///
/// Methods that take a `user` first check that the user is in the group; for whoever is not, the group
/// does not exist. An invitation's code alone leads there from outside.
#[async_trait]
pub trait Chat: Send + Sync {
    /// The groups that `user` is in, latest activity first.
    async fn list_groups(
        &self,
        user: UserId,
        limit: Limit,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Group>, ChatError>;

    /// Makes a group, whose owner and first member is `user`. Idempotent by the draft's id.
    async fn create_group(&self, user: UserId, draft: GroupDraft) -> Result<Created, ChatError>;

    /// A group.
    async fn show_group(&self, user: UserId, group: GroupId) -> Result<Group, ChatError>;

    /// What a copy of the group depends on. One statement by primary key.
    async fn group_version(&self, user: UserId, group: GroupId) -> Result<GroupVersion, ChatError>;

    /// Changes name or description. Owners and admins.
    async fn update_group(
        &self,
        user: UserId,
        group: GroupId,
        change: GroupChange,
    ) -> Result<Group, ChatError>;

    /// Deletes the group for everybody, at once; its rows follow. Owners.
    async fn delete_group(&self, user: UserId, group: GroupId) -> Result<(), ChatError>;

    /// Members, in the order in which they joined.
    async fn list_members(
        &self,
        user: UserId,
        group: GroupId,
        limit: Limit,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Membership>, ChatError>;

    /// May `user` do this here? `GroupNotFound` to a stranger, `Forbidden` to a member who may not.
    async fn authorize(&self, user: UserId, group: GroupId, right: Right) -> Result<(), ChatError>;

    /// Adds `member`. Idempotent. Owners and admins; a guest adds guests alone.
    async fn add_member(&self, user: UserId, group: GroupId, member: UserId) -> Result<Added, ChatError>;

    /// Gives `member` a role. Owners; the last owner stays one.
    async fn change_role(
        &self,
        user: UserId,
        group: GroupId,
        member: UserId,
        role: Role,
    ) -> Result<Membership, ChatError>;

    /// Removes `member`: oneself, or a member by an admin, or anyone by an owner; the last owner stays.
    async fn remove_member(&self, user: UserId, group: GroupId, member: UserId) -> Result<(), ChatError>;

    /// Makes an invitation. Owners and admins, and no guests; so for the next two.
    async fn create_invitation(
        &self,
        user: UserId,
        group: GroupId,
        draft: InvitationDraft,
    ) -> Result<CreatedInvitation, ChatError>;

    /// The invitations by which people can still join, the newest first.
    async fn list_invitations(
        &self,
        user: UserId,
        group: GroupId,
        limit: Limit,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Invitation>, ChatError>;

    /// Ends an invitation: nobody joins by it any more.
    async fn revoke_invitation(
        &self,
        user: UserId,
        group: GroupId,
        invitation: InvitationId,
    ) -> Result<(), ChatError>;

    /// Lets `user` into the group of the invitation with this code, and spends one of its uses: both or neither.
    /// Idempotent: who is in already gets the group, and spends nothing.
    async fn accept_invitation(&self, user: UserId, code: &Secret) -> Result<Accepted, ChatError>;

    /// Those of `ids` that are members or authors of the group, former ones too. At most 100 at a time.
    async fn participants(
        &self,
        user: UserId,
        group: GroupId,
        ids: &[UserId],
    ) -> Result<Vec<UserId>, ChatError>;

    /// A page of messages.
    async fn list_messages(
        &self,
        user: UserId,
        group: GroupId,
        range: Range,
        limit: Limit,
    ) -> Result<MessagePage, ChatError>;

    /// One message.
    async fn show_message(
        &self,
        user: UserId,
        group: GroupId,
        message: GroupMessageId,
    ) -> Result<GroupMessage, ChatError>;

    /// Stores a message and broadcasts it. Idempotent by the draft's id, for the life of the message.
    ///
    /// `Ok` means committed. A caller that stops waiting changes nothing of what happens.
    async fn send_message(&self, draft: Draft) -> Result<Sent, ChatError>;

    /// Moves the reader's marker forward, never back; answers where it is now. `Ok` means committed.
    async fn mark_read(&self, user: UserId, group: GroupId, seq: Seq) -> Result<Seq, ChatError>;

    /// Where the logs of the groups of each user end. For real time.
    async fn heads_of(&self, users: &[UserId]) -> Result<Vec<(UserId, GroupHead)>, ChatError>;

    /// Where these groups' logs end; a deleted group is left out. Asks for no user: for real time, which
    /// follows only groups that its sockets are in.
    async fn heads(&self, groups: &[GroupId]) -> Result<Vec<GroupHead>, ChatError>;

    /// The group's log after a position, oldest first. Asks for no user, as [`Chat::heads`].
    async fn read_log(
        &self,
        group: GroupId,
        after: Seq,
        limit: Limit,
    ) -> Result<Vec<Arc<GroupMessage>>, ChatError>;

    /// Does the store answer?
    async fn ready(&self) -> Result<(), ChatError>;
}
