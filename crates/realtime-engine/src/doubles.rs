//! Stand-ins for what the engine stands on, for its own tests: a transport that can be full, a chat whose
//! log a test writes, and tokens that a test makes.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use engine_interfaces::{
    Accepted, Added, AuthError, Authentication, Chat, ChatError, Clock, Created, CreatedInvitation,
    Credentials, Cursor, Draft, Group, GroupChange, GroupDraft, GroupHead, GroupId, GroupMessage,
    GroupMessageId, GroupVersion, Identity, Invitation, InvitationDraft, InvitationId, Limit, Membership,
    MessagePage, NotificationsError, Page, Presence, ProfileChange, Range, Registration, Revision, Right,
    Role, Secret, Sent, Seq, Session, SystemClock, Timestamp, Token, TokenId, User, UserId, UserName,
};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{
    client::Client,
    frame::Frame,
    node::Node,
    outbox::{Handed, Outbox, Transport},
};

/// Waits for what must come, and fails when it does not.
pub(crate) async fn wait_until(mut holds: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(10), async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    waited.await.expect("it comes in time");
}

/// A message of some group.
pub(crate) fn message(seq: i64) -> Arc<GroupMessage> {
    message_in(GroupId(Uuid::nil()), seq)
}

/// A message of a group.
pub(crate) fn message_in(group_id: GroupId, seq: i64) -> Arc<GroupMessage> {
    let at = Timestamp::from_micros(1_767_225_600_000_000 + seq).unwrap();
    Arc::new(GroupMessage {
        id: GroupMessageId(Uuid::from_u128(seq.unsigned_abs().into())),
        group_id,
        user_id: Some(UserId::from_name("alice")),
        seq: Seq(seq),
        message: Some(format!("message {seq}")),
        erased: false,
        created_at: at,
        updated_at: at,
        trace: None,
    })
}

/// A transport that takes as many frames as it is allowed to.
pub(crate) struct FakeTransport {
    frames: Mutex<Vec<Frame>>,
    room: AtomicUsize,
    /// Of the next frame, when there is no room for all of it.
    bytes: AtomicUsize,
    closed: AtomicBool,
    changed: Notify,
}

impl FakeTransport {
    pub(crate) fn new(room: usize) -> Arc<Self> {
        Arc::new(Self {
            frames: Mutex::default(),
            room: AtomicUsize::new(room),
            bytes: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            changed: Notify::new(),
        })
    }

    pub(crate) fn allow(&self, more: usize) {
        self.room.fetch_add(more, Ordering::SeqCst);
        self.changed.notify_one();
    }

    pub(crate) fn allow_bytes(&self, some: usize) {
        self.bytes.store(some, Ordering::SeqCst);
    }

    pub(crate) fn frames(&self) -> Vec<Frame> {
        self.frames.lock().unwrap().clone()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    async fn gone(&self) {
        while !self.is_closed() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// A client whose connection ends when its transport is closed.
pub(crate) fn open_client(node: &Arc<Node>, transport: &Arc<FakeTransport>) -> Arc<Client> {
    let client = Client::open(node, Outbox::new(transport.clone(), &node.settings), Uuid::nil());
    let (transport, ended) = (Arc::clone(transport), Arc::clone(&client));
    tokio::spawn(async move {
        transport.gone().await;
        ended.end();
    });
    client
}

impl Transport for Arc<FakeTransport> {
    fn write(&self, frame: &Frame, from: usize) -> Handed {
        if self.is_closed() {
            return Handed::Gone;
        }
        let take = |room: usize| room.checked_sub(1);
        if self.room.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_err() {
            return Handed::Taken(self.bytes.swap(0, Ordering::SeqCst));
        }
        // As the client sees them: each by itself.
        self.frames.lock().unwrap().extend(frame.packets().map(Frame::engine));
        Handed::Taken(frame.len() - from)
    }

    fn writable(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.changed.notified())
    }

    fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.changed.notify_one();
    }
}

/// Tokens are user names; some are revoked.
#[derive(Default)]
pub(crate) struct FakeAuthentication {
    pub(crate) revoked: Mutex<HashSet<TokenId>>,
    pub(crate) expires_at: Mutex<Option<Timestamp>>,
}

impl FakeAuthentication {
    pub(crate) fn token(&self, name: &str) -> Token {
        let in_an_hour = SystemClock.now().plus(Duration::from_secs(3_600));
        Token {
            id: TokenId(UserId::from_name(name).0),
            user_id: UserId::from_name(name.split('/').next().unwrap()),
            generation: 0,
            expires_at: self.expires_at.lock().unwrap().unwrap_or(in_an_hour),
        }
    }

    pub(crate) fn revoke(&self, name: &str) -> TokenId {
        let id = self.token(name).id;
        self.revoked.lock().unwrap().insert(id);
        id
    }
}

#[async_trait]
impl Authentication for FakeAuthentication {
    async fn authenticate_token(&self, token: &str) -> Result<Identity, AuthError> {
        if token.is_empty() {
            return Err(AuthError::TokenInvalid);
        }
        let token = self.token(token);
        Ok(Identity { user_id: token.user_id, token: Some(token) })
    }

    async fn revoked_tokens(&self, tokens: &[Token]) -> Result<Vec<TokenId>, AuthError> {
        let revoked = self.revoked.lock().unwrap();
        let ids = tokens.iter().map(|token| token.id);
        Ok(ids.filter(|id| revoked.contains(id)).collect())
    }

    async fn ready(&self) -> Result<(), AuthError> {
        Ok(())
    }

    async fn sign_up(&self, _: Registration, _: IpAddr) -> Result<Session, AuthError> {
        Err(AuthError::Busy)
    }

    async fn sign_up_guest(&self, _: IpAddr) -> Result<Session, AuthError> {
        Err(AuthError::Busy)
    }

    async fn sign_in(&self, _: Credentials, _: IpAddr) -> Result<Session, AuthError> {
        Err(AuthError::Busy)
    }

    async fn sign_out(&self, _: Token) -> Result<(), AuthError> {
        Err(AuthError::Busy)
    }

    async fn authenticate_password(&self, _: Credentials, _: IpAddr) -> Result<Identity, AuthError> {
        Err(AuthError::Busy)
    }

    async fn show_user(&self, _: UserId) -> Result<User, AuthError> {
        Err(AuthError::Busy)
    }

    async fn update_user(&self, _: Identity, _: ProfileChange, _: IpAddr) -> Result<User, AuthError> {
        Err(AuthError::Busy)
    }

    async fn user_names(&self, _: &[UserId]) -> Result<Vec<UserName>, AuthError> {
        Err(AuthError::Busy)
    }

    async fn find_user(&self, _: &Secret) -> Result<Option<UserId>, AuthError> {
        Err(AuthError::Busy)
    }
}

/// A chat whose memberships and log a test writes.
#[derive(Default)]
pub(crate) struct FakeChat {
    groups: Mutex<HashMap<GroupId, FakeGroup>>,
    pub(crate) log_reads: AtomicUsize,
    pub(crate) away: AtomicBool,
}

#[derive(Default)]
struct FakeGroup {
    members: HashSet<UserId>,
    log: Vec<Arc<GroupMessage>>,
}

impl FakeChat {
    pub(crate) fn add(&self, group: GroupId, user: &str) {
        let mut groups = self.groups.lock().unwrap();
        groups.entry(group).or_default().members.insert(UserId::from_name(user));
    }

    pub(crate) fn remove(&self, group: GroupId, user: &str) {
        let mut groups = self.groups.lock().unwrap();
        groups.entry(group).or_default().members.remove(&UserId::from_name(user));
    }

    pub(crate) fn delete(&self, group: GroupId) {
        self.groups.lock().unwrap().remove(&group);
    }

    /// Stores the next messages, and tells nobody.
    pub(crate) fn store(&self, group: GroupId, count: usize) -> Vec<Arc<GroupMessage>> {
        let mut groups = self.groups.lock().unwrap();
        let log = &mut groups.entry(group).or_default().log;
        let first = i64::try_from(log.len()).unwrap() + 1;
        let stored: Vec<_> =
            (first..first + i64::try_from(count).unwrap()).map(|seq| message_in(group, seq)).collect();
        log.extend(stored.iter().cloned());
        stored
    }

    fn check(&self) -> Result<(), ChatError> {
        match self.away.load(Ordering::SeqCst) {
            true => Err(ChatError::Unavailable("away".into())),
            false => Ok(()),
        }
    }
}

fn head(id: GroupId, group: &FakeGroup) -> GroupHead {
    let last = group.log.last();
    GroupHead {
        group_id: id,
        last_seq: last.map_or(Seq::ZERO, |message| message.seq),
        last_activity_at: last.map_or(Timestamp::from_micros(0).unwrap(), |message| message.created_at),
    }
}

fn version(group: &FakeGroup) -> GroupVersion {
    let last_seq = group.log.last().map_or(Seq::ZERO, |message| message.seq);
    GroupVersion { last_seq, revision: Revision(0), role: Role::Member, read_seq: Seq::ZERO }
}

#[async_trait]
impl Chat for FakeChat {
    async fn heads_of(&self, users: &[UserId]) -> Result<Vec<(UserId, GroupHead)>, ChatError> {
        self.check()?;
        let groups = self.groups.lock().unwrap();
        let mut heads = Vec::new();
        for user in users {
            let theirs = groups.iter().filter(|(_, group)| group.members.contains(user));
            heads.extend(theirs.map(|(id, group)| (*user, head(*id, group))));
        }
        Ok(heads)
    }

    async fn heads(&self, ids: &[GroupId]) -> Result<Vec<GroupHead>, ChatError> {
        self.check()?;
        let groups = self.groups.lock().unwrap();
        let found = ids.iter().filter_map(|id| Some(head(*id, groups.get(id)?)));
        Ok(found.collect())
    }

    async fn read_log(
        &self,
        group: GroupId,
        after: Seq,
        limit: Limit,
    ) -> Result<Vec<Arc<GroupMessage>>, ChatError> {
        self.check()?;
        self.log_reads.fetch_add(1, Ordering::SeqCst);
        let groups = self.groups.lock().unwrap();
        let log = groups.get(&group).map_or(&[][..], |group| &group.log[..]);
        let rows = log.iter().filter(|message| message.seq > after);
        Ok(rows.take(limit.get()).cloned().collect())
    }

    async fn ready(&self) -> Result<(), ChatError> {
        self.check()
    }

    async fn list_groups(&self, _: UserId, _: Limit, _: Option<&Cursor>) -> Result<Page<Group>, ChatError> {
        Err(ChatError::Busy)
    }

    async fn create_group(&self, _: UserId, _: GroupDraft) -> Result<Created, ChatError> {
        Err(ChatError::Busy)
    }

    async fn show_group(&self, _: UserId, _: GroupId) -> Result<Group, ChatError> {
        Err(ChatError::Busy)
    }

    async fn group_version(&self, user: UserId, group: GroupId) -> Result<GroupVersion, ChatError> {
        let groups = self.groups.lock().unwrap();
        let found = groups.get(&group).filter(|group| group.members.contains(&user));
        found.map(version).ok_or(ChatError::GroupNotFound(group))
    }

    async fn update_group(&self, _: UserId, _: GroupId, _: GroupChange) -> Result<Group, ChatError> {
        Err(ChatError::Busy)
    }

    async fn delete_group(&self, _: UserId, _: GroupId) -> Result<(), ChatError> {
        Err(ChatError::Busy)
    }

    async fn list_members(
        &self,
        _: UserId,
        _: GroupId,
        _: Limit,
        _: Option<&Cursor>,
    ) -> Result<Page<Membership>, ChatError> {
        Err(ChatError::Busy)
    }

    async fn authorize(&self, _: UserId, _: GroupId, _: Right) -> Result<(), ChatError> {
        Err(ChatError::Busy)
    }

    async fn add_member(&self, _: UserId, _: GroupId, _: UserId) -> Result<Added, ChatError> {
        Err(ChatError::Busy)
    }

    async fn change_role(&self, _: UserId, _: GroupId, _: UserId, _: Role) -> Result<Membership, ChatError> {
        Err(ChatError::Busy)
    }

    async fn remove_member(&self, _: UserId, _: GroupId, _: UserId) -> Result<(), ChatError> {
        Err(ChatError::Busy)
    }

    async fn create_invitation(
        &self,
        _: UserId,
        _: GroupId,
        _: InvitationDraft,
    ) -> Result<CreatedInvitation, ChatError> {
        Err(ChatError::Busy)
    }

    async fn list_invitations(
        &self,
        _: UserId,
        _: GroupId,
        _: Limit,
        _: Option<&Cursor>,
    ) -> Result<Page<Invitation>, ChatError> {
        Err(ChatError::Busy)
    }

    async fn revoke_invitation(&self, _: UserId, _: GroupId, _: InvitationId) -> Result<(), ChatError> {
        Err(ChatError::Busy)
    }

    async fn accept_invitation(&self, _: UserId, _: &Secret) -> Result<Accepted, ChatError> {
        Err(ChatError::Busy)
    }

    async fn participants(&self, _: UserId, _: GroupId, _: &[UserId]) -> Result<Vec<UserId>, ChatError> {
        Err(ChatError::Busy)
    }

    async fn list_messages(
        &self,
        user: UserId,
        group: GroupId,
        range: Range,
        limit: Limit,
    ) -> Result<MessagePage, ChatError> {
        let Range::After(after) = range else {
            return Err(ChatError::Busy);
        };
        let version = self.group_version(user, group).await?;
        Ok(MessagePage { version, messages: self.read_log(group, after, limit).await? })
    }

    async fn show_message(
        &self,
        _: UserId,
        _: GroupId,
        _: GroupMessageId,
    ) -> Result<GroupMessage, ChatError> {
        Err(ChatError::Busy)
    }

    async fn send_message(&self, _: Draft) -> Result<Sent, ChatError> {
        Err(ChatError::Busy)
    }

    async fn mark_read(&self, _: UserId, _: GroupId, _: Seq) -> Result<Seq, ChatError> {
        Err(ChatError::Busy)
    }
}

/// Keeps who was here, and can be away.
#[derive(Default)]
pub(crate) struct FakePresence {
    seen: Mutex<Vec<UserId>>,
    pub(crate) away: AtomicBool,
}

impl FakePresence {
    /// How often somebody was told to be here.
    pub(crate) fn told(&self, name: &str) -> usize {
        let user = UserId::from_name(name);
        self.seen.lock().unwrap().iter().filter(|seen| **seen == user).count()
    }
}

#[async_trait]
impl Presence for FakePresence {
    async fn seen(&self, users: &[UserId]) -> Result<(), NotificationsError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(NotificationsError::Unavailable("away".into()));
        }
        self.seen.lock().unwrap().extend(users);
        Ok(())
    }
}
