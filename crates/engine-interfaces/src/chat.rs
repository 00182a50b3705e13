//! What the rest of the system may ask of chat.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    Accepted, Added, BoxError, Created, CreatedInvitation, Cursor, Draft, Group, GroupChange, GroupDraft,
    GroupHead, GroupId, GroupMessage, GroupMessageId, GroupVersion, Invitation, InvitationDraft,
    InvitationId, Limit, Membership, MessagePage, Page, Range, Role, Secret, Sent, Seq, UserId, Violation,
};

/// What a member may ask to do, for a caller that has to know before it looks something up elsewhere.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(chat: &dyn Chat, auth: &dyn Authentication, alice: UserId, group: GroupId, email: Secret)
/// # -> Result<(), BoxError> {
/// chat.authorize(alice, group, Right::AddByAddress).await?; // before she can learn who has an address
/// if let Some(member) = auth.find_user(&email).await? {
///     chat.add_member(alice, group, member).await?;
/// }
/// # Ok(()) }
/// ```
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
///
/// # Example
/// ```
/// use engine_interfaces::{ChatError, Clock, ErrorCode, GroupId, SystemClock};
///
/// let group = GroupId(SystemClock.new_id());
/// let error = ChatError::GroupNotFound(group);
/// assert_eq!(error.to_string(), format!("group {group} was not found"));
/// assert_eq!(ErrorCode::from(&error).status(), 404, "to a stranger, too");
/// ```
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
///
/// # Example
/// ```
/// use engine_interfaces::{Chat, ChatError, Group, GroupDraft, GroupId, UserId};
///
/// /// Makes a group of some people. Where it stopped on the way, it is done again from the beginning.
/// async fn gather(chat: &impl Chat, id: GroupId, alice: UserId, others: &[UserId]) -> Result<Group, ChatError> {
///     chat.create_group(alice, GroupDraft { id: Some(id), ..GroupDraft::new("Beer") }).await?;
///     for other in others {
///         chat.add_member(alice, id, *other).await?;
///     }
///     chat.show_group(alice, id).await
/// }
/// ```
#[async_trait]
pub trait Chat: Send + Sync {
    /// The groups that `user` is in, latest activity first.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId) -> Result<(), ChatError> {
    /// let (limit, mut cursor) = (Limit::default(), None);
    /// loop {
    ///     let page = chat.list_groups(alice, limit, cursor.as_ref()).await?;
    ///     for group in &page.entries {
    ///         println!("{} ({} unread)", group.name, group.unread_count());
    ///     }
    ///     cursor = page.next;
    ///     if cursor.is_none() {
    ///         break;
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    async fn list_groups(
        &self,
        user: UserId,
        limit: Limit,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Group>, ChatError>;

    /// Makes a group, whose owner and first member is `user`. Idempotent by the draft's id.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId) -> Result<(), ChatError> {
    /// let draft = GroupDraft { id: Some(group), ..GroupDraft::new("Beer") };
    /// let first = chat.create_group(alice, draft.clone()).await?;
    /// let retry = chat.create_group(alice, draft).await?;
    /// assert_eq!((first.replayed, retry.replayed), (false, true), "there is one group");
    /// assert_eq!(first.group.role, Role::Owner);
    /// # Ok(()) }
    /// ```
    async fn create_group(&self, user: UserId, draft: GroupDraft) -> Result<Created, ChatError>;

    /// A group.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId) -> Result<(), ChatError> {
    /// match chat.show_group(alice, group).await {
    ///     Ok(group) => println!("{}: {} members", group.name, group.member_count),
    ///     Err(ChatError::GroupNotFound(_)) => println!("there is none, or alice is not in it"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(()) }
    /// ```
    async fn show_group(&self, user: UserId, group: GroupId) -> Result<Group, ChatError>;

    /// What a copy of the group depends on. One statement by primary key.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId, copy: GroupVersion) -> Result<(), ChatError> {
    /// if chat.group_version(alice, group).await? == copy {
    ///     println!("the copy is still good");
    /// }
    /// # Ok(()) }
    /// ```
    async fn group_version(&self, user: UserId, group: GroupId) -> Result<GroupVersion, ChatError>;

    /// Changes name or description. Owners and admins.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId) -> Result<(), ChatError> {
    /// let renamed = GroupChange { name: Some("Wine".into()), ..GroupChange::default() };
    /// assert_eq!(chat.update_group(alice, group, renamed).await?.name, "Wine");
    /// # Ok(()) }
    /// ```
    async fn update_group(
        &self,
        user: UserId,
        group: GroupId,
        change: GroupChange,
    ) -> Result<Group, ChatError>;

    /// Deletes the group for everybody, at once; its rows follow. Owners.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId) -> Result<(), ChatError> {
    /// chat.delete_group(alice, group).await?;
    /// assert!(matches!(chat.show_group(alice, group).await, Err(ChatError::GroupNotFound(_))));
    /// # Ok(()) }
    /// ```
    async fn delete_group(&self, user: UserId, group: GroupId) -> Result<(), ChatError>;

    /// Members, in the order in which they joined.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId) -> Result<(), ChatError> {
    /// let first = chat.list_members(alice, group, Limit::default(), None).await?;
    /// let owners = first.entries.iter().filter(|member| member.role == Role::Owner);
    /// println!("{} of the first {}", owners.count(), first.entries.len());
    /// # Ok(()) }
    /// ```
    async fn list_members(
        &self,
        user: UserId,
        group: GroupId,
        limit: Limit,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Membership>, ChatError>;

    /// May `user` do this here? `GroupNotFound` to a stranger, `Forbidden` to a member who may not.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId) -> Result<(), ChatError> {
    /// chat.authorize(alice, group, Right::ManageWebhooks).await?; // then ask Webhooks
    /// # Ok(()) }
    /// ```
    async fn authorize(&self, user: UserId, group: GroupId, right: Right) -> Result<(), ChatError>;

    /// Adds `member`. Idempotent. Owners and admins; a guest adds guests alone.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId, bob: UserId) -> Result<(), ChatError> {
    /// let added = chat.add_member(alice, group, bob).await?;
    /// assert_eq!(added.membership.role, Role::Member);
    /// assert!(chat.add_member(alice, group, bob).await?.already);
    /// # Ok(()) }
    /// ```
    async fn add_member(&self, user: UserId, group: GroupId, member: UserId) -> Result<Added, ChatError>;

    /// Gives `member` a role. Owners; the last owner stays one.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId, bob: UserId) -> Result<(), ChatError> {
    /// let bob = chat.change_role(alice, group, bob, Role::Admin).await?;
    /// assert!(bob.role >= Role::Admin);
    /// # Ok(()) }
    /// ```
    async fn change_role(
        &self,
        user: UserId,
        group: GroupId,
        member: UserId,
        role: Role,
    ) -> Result<Membership, ChatError>;

    /// Removes `member`: oneself, or a member by an admin, or anyone by an owner; the last owner stays.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId) -> Result<(), ChatError> {
    /// match chat.remove_member(alice, group, alice).await {
    ///     Err(ChatError::LastOwner) => println!("give the group to somebody first, or delete it"),
    ///     left => left?,
    /// }
    /// # Ok(()) }
    /// ```
    async fn remove_member(&self, user: UserId, group: GroupId, member: UserId) -> Result<(), ChatError>;

    /// Makes an invitation. Owners and admins, and no guests; so for the next two.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId) -> Result<(), ChatError> {
    /// use std::time::Duration;
    ///
    /// let draft = InvitationDraft { life: Some(Duration::from_secs(60 * 60)), uses: Some(1) };
    /// let made = chat.create_invitation(alice, group, draft).await?;
    /// let link = format!("https://chat.example.com/join#{}", made.code.expose()); // shown this once
    /// # Ok(()) }
    /// ```
    async fn create_invitation(
        &self,
        user: UserId,
        group: GroupId,
        draft: InvitationDraft,
    ) -> Result<CreatedInvitation, ChatError>;

    /// The invitations by which people can still join, the newest first.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId) -> Result<(), ChatError> {
    /// for open in chat.list_invitations(alice, group, Limit::default(), None).await?.entries {
    ///     println!("{} more until {}", open.uses_left, open.expires_at);
    /// }
    /// # Ok(()) }
    /// ```
    async fn list_invitations(
        &self,
        user: UserId,
        group: GroupId,
        limit: Limit,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Invitation>, ChatError>;

    /// Ends an invitation: nobody joins by it any more.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId) -> Result<(), ChatError> {
    /// let made = chat.create_invitation(alice, group, InvitationDraft::default()).await?;
    /// chat.revoke_invitation(alice, group, made.invitation.id).await?;
    /// # Ok(()) }
    /// ```
    async fn revoke_invitation(
        &self,
        user: UserId,
        group: GroupId,
        invitation: InvitationId,
    ) -> Result<(), ChatError>;

    /// Lets `user` into the group of the invitation with this code, and spends one of its uses: both or neither.
    /// Idempotent: who is in already gets the group, and spends nothing.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId, bob: UserId) -> Result<(), ChatError> {
    /// let code = chat.create_invitation(alice, group, InvitationDraft::default()).await?.code;
    /// let accepted = chat.accept_invitation(bob, &code).await?;
    /// assert_eq!((accepted.group.id, accepted.already), (group, false));
    /// # Ok(()) }
    /// ```
    async fn accept_invitation(&self, user: UserId, code: &Secret) -> Result<Accepted, ChatError>;

    /// Those of `ids` that are members or authors of the group, former ones too. At most 100 at a time.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId, somebody: UserId) -> Result<(), ChatError> {
    /// let known = chat.participants(alice, group, &[alice, somebody]).await?;
    /// assert!(known.contains(&alice));
    /// # Ok(()) }
    /// ```
    async fn participants(
        &self,
        user: UserId,
        group: GroupId,
        ids: &[UserId],
    ) -> Result<Vec<UserId>, ChatError>;

    /// A page of messages.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId) -> Result<(), ChatError> {
    /// let newest = chat.list_messages(alice, group, Range::Newest, Limit::default()).await?;
    /// if let Some(oldest) = newest.messages.last() {
    ///     let before = Range::Before(oldest.seq);
    ///     let older = chat.list_messages(alice, group, before, Limit::default()).await?;
    /// }
    /// # Ok(()) }
    /// ```
    async fn list_messages(
        &self,
        user: UserId,
        group: GroupId,
        range: Range,
        limit: Limit,
    ) -> Result<MessagePage, ChatError>;

    /// One message.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId, id: GroupMessageId) -> Result<(), ChatError> {
    /// let message = chat.show_message(alice, group, id).await?;
    /// println!("{}: {}", message.seq, message.message.as_deref().unwrap_or("(erased)"));
    /// # Ok(()) }
    /// ```
    async fn show_message(
        &self,
        user: UserId,
        group: GroupId,
        message: GroupMessageId,
    ) -> Result<GroupMessage, ChatError>;

    /// Stores a message and broadcasts it. Idempotent by the draft's id, for the life of the message.
    ///
    /// `Ok` means committed. A caller that stops waiting changes nothing of what happens.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId, id: GroupMessageId) -> Result<(), ChatError> {
    /// let draft = Draft::new(alice, group, "Cheers!").with_id(id);
    /// let sent = match chat.send_message(draft.clone()).await {
    ///     Err(ChatError::TimedOut) => chat.send_message(draft).await?, // it may have been stored: this tells
    ///     answer => answer?,
    /// };
    /// println!("it is number {}", sent.message.seq);
    /// # Ok(()) }
    /// ```
    async fn send_message(&self, draft: Draft) -> Result<Sent, ChatError>;

    /// Moves the reader's marker forward, never back; answers where it is now. `Ok` means committed.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId) -> Result<(), ChatError> {
    /// let end = chat.show_group(alice, group).await?.last_seq;
    /// assert!(chat.mark_read(alice, group, end).await? >= end, "another device may be further");
    /// # Ok(()) }
    /// ```
    async fn mark_read(&self, user: UserId, group: GroupId, seq: Seq) -> Result<Seq, ChatError>;

    /// Where the logs of the groups of each user end. For real time.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId, bob: UserId) -> Result<(), ChatError> {
    /// for (user, head) in chat.heads_of(&[alice, bob]).await? {
    ///     println!("{user} follows {} from {} on", head.group_id, head.last_seq);
    /// }
    /// # Ok(()) }
    /// ```
    async fn heads_of(&self, users: &[UserId]) -> Result<Vec<(UserId, GroupHead)>, ChatError>;

    /// Where these groups' logs end; a deleted group is left out. Asks for no user: for real time, which
    /// follows only groups that its sockets are in.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId) -> Result<(), ChatError> {
    /// let heads = chat.heads(&[group]).await?;
    /// let is_deleted = heads.is_empty();
    /// # Ok(()) }
    /// ```
    async fn heads(&self, groups: &[GroupId]) -> Result<Vec<GroupHead>, ChatError>;

    /// The group's log after a position, oldest first. Asks for no user, as [`Chat::heads`].
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId) -> Result<(), ChatError> {
    /// let mut seq = Seq::ZERO;
    /// loop {
    ///     let page = chat.read_log(group, seq, Limit::default()).await?;
    ///     let Some(last) = page.last() else { break };
    ///     seq = last.seq;
    /// }
    /// # Ok(()) }
    /// ```
    async fn read_log(
        &self,
        group: GroupId,
        after: Seq,
        limit: Limit,
    ) -> Result<Vec<Arc<GroupMessage>>, ChatError>;

    /// Does the store answer?
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId) -> Result<(), ChatError> {
    /// chat.ready().await?;
    /// # Ok(()) }
    /// ```
    async fn ready(&self) -> Result<(), ChatError>;
}
