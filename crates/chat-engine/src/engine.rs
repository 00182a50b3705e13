//! What the rest of the system asks.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use engine_interfaces::{
    Accepted, Added, Broker, Chat, ChatError, Clock, Created, CreatedInvitation, Cursor, Draft, Group,
    GroupChange, GroupDraft, GroupHead, GroupId, GroupMessage, GroupMessageId, GroupVersion, Guests,
    Invitation, InvitationDraft, InvitationId, Limit, Membership, MessagePage, NoGuests, Page, PersonalData,
    Range, Right, RingLag, Role, Secret, Sent, Seq, SweepShare, SystemClock, Timestamp, TopicHandler,
    UnreadGroup, UnreadMessages, UserId, UserResources, Worker,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    announcer::Announcer,
    coalescer::{Coalescer, Nearby},
    context::Context,
    group_messages, groups, invitations,
    links::LinkMessages,
    memberships,
    meters::METERS,
    personal_data::ChatData,
    recent::Recent,
    rules,
    settings::Settings,
    store::{Store, unavailable},
    sweep::Sweep,
    workers::{DeleteGroup, LinkResource},
};

/// Groups, memberships and group messages. Its tasks end with it.
///
/// # Example
/// ```
/// use chat_engine::{Chat, Draft, GroupDraft, Limit, Range, UserId, factories};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (chat, _broker) = factories::engine().await; // in a test; else ChatEngine::new
/// let alice = UserId::from_name("alice");
/// let group = chat.create_group(alice, GroupDraft::new("Beer")).await?.group;
/// for text in ["Cheers!", "Another one?"] {
///     chat.send_message(Draft::new(alice, group.id, text)).await?;
/// }
/// let page = chat.list_messages(alice, group.id, Range::Newest, Limit::default()).await?;
/// let texts: Vec<_> = page.messages.iter().filter_map(|message| message.message.as_deref()).collect();
/// assert_eq!(texts, ["Another one?", "Cheers!"]);
/// # Ok(()) }
/// ```
pub struct ChatEngine {
    pub(crate) context: Context,
    pub(crate) sends: Coalescer<group_messages::Sends>,
    pub(crate) markers: Coalescer<group_messages::Markers>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl ChatEngine {
    /// Without guests, with the machine's clock and the default limits. Call it on a Tokio runtime.
    ///
    /// # Example
    /// ```
    /// use std::sync::Arc;
    ///
    /// use broker::LocalBroker;
    /// use chat_engine::{Chat, ChatEngine, Store};
    /// use user_resources::UserResourcesEngine;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let store = Store::sqlite(folder.path().join("chat.db"))?;
    /// store.migrate().await?;
    /// let resources = UserResourcesEngine::sqlite(folder.path().join("resources.db"))?;
    /// resources.migrate().await?;
    /// let chat = ChatEngine::new(store, Arc::new(LocalBroker::default()), Arc::new(resources));
    /// chat.ready().await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn new(store: Store, broker: Arc<dyn Broker>, resources: Arc<dyn UserResources>) -> Arc<Self> {
        let clock = Arc::new(SystemClock);
        Self::with(store, broker, resources, Arc::new(NoGuests), clock, Settings::default())
    }

    /// With guests, a clock and limits of your own. Call it on a Tokio runtime.
    ///
    /// # Example
    /// ```
    /// use std::sync::Arc;
    ///
    /// use chat_engine::{Chat, ChatEngine, ChatError, GroupDraft, NoGuests, Settings, SystemClock, UserId};
    /// # use broker::LocalBroker;
    /// # use chat_engine::Store;
    /// # use user_resources::UserResourcesEngine;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("chat.db"))?;
    /// # store.migrate().await?;
    /// # let resources = UserResourcesEngine::sqlite(folder.path().join("resources.db"))?;
    /// # resources.migrate().await?;
    /// # let broker = Arc::new(LocalBroker::default());
    /// let (guests, clock) = (Arc::new(NoGuests), Arc::new(SystemClock));
    /// let small = Settings { max_members: 2, ..Settings::default() };
    /// let chat = ChatEngine::with(store, broker, Arc::new(resources), guests, clock, small);
    ///
    /// let [alice, bob, carol] = ["alice", "bob", "carol"].map(UserId::from_name);
    /// let group = chat.create_group(alice, GroupDraft::new("Two")).await?.group.id;
    /// chat.add_member(alice, group, bob).await?;
    /// assert!(matches!(chat.add_member(alice, group, carol).await, Err(ChatError::GroupFull)));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with(
        store: Store,
        broker: Arc<dyn Broker>,
        resources: Arc<dyn UserResources>,
        guests: Arc<dyn Guests>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Arc<Self> {
        LazyLock::force(&METERS);
        let settings = settings.fitted_to(store.database().location());
        let recent = Arc::new(Recent::new(settings.recent_bytes));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let versions = memberships::Versions::new(&store);
        let versions = Arc::new(Nearby::new(versions, settings.reading(), &tasks, &stop));
        let settings = Arc::new(settings);
        let context = Context { store, broker, resources, guests, clock, settings, recent, versions };
        let announcer = Announcer::start(&context, &tasks, &stop);
        let sends = group_messages::Sends::new(&context, announcer);
        let markers = group_messages::Markers::new(&context);
        let engine = Self {
            sends: Coalescer::start(sends, context.settings.writing(), &tasks, &stop),
            markers: Coalescer::start(markers, context.settings.writing(), &tasks, &stop),
            context,
            tasks,
            stop,
        };
        if engine.context.settings.sweep {
            engine.start_sweep(None);
        }
        Arc::new(engine)
    }

    /// What does this engine's jobs: hand them to a runner over the `jobs` table of its store.
    ///
    /// # Example
    /// ```
    /// use chat_engine::{DELETE_GROUP, LINK_RESOURCE, factories};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (chat, _broker) = factories::engine().await;
    /// let kinds: Vec<_> = chat.workers().iter().map(|worker| worker.kind()).collect();
    /// assert_eq!(kinds, [LINK_RESOURCE, DELETE_GROUP]);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn workers(&self) -> Vec<Arc<dyn Worker>> {
        vec![Arc::new(LinkResource::new(&self.context)), Arc::new(DeleteGroup::new(&self.context))]
    }

    /// What the leaders of topics do with the messages.
    ///
    /// # Example
    /// ```
    /// use std::sync::Arc;
    ///
    /// use broker::{LocalBroker, LocalRing, RingParts, RingSettings};
    /// use chat_engine::{ChatEngine, SystemClock};
    /// use engine_interfaces::RingTerms;
    ///
    /// /// Links each message to its author, in this process.
    /// fn ring(chat: &Arc<ChatEngine>, broker: &LocalBroker, terms: Arc<dyn RingTerms>) -> LocalRing {
    ///     let (kept, clock) = (chat.clone(), Arc::new(SystemClock));
    ///     let parts = RingParts { terms, kept, handlers: chat.handlers(), clock };
    ///     broker.ring(parts, RingSettings::default())
    /// }
    /// ```
    #[must_use]
    pub fn handlers(&self) -> Vec<Arc<dyn TopicHandler>> {
        if !self.context.settings.link_messages {
            return Vec::new();
        }
        vec![Arc::new(LinkMessages::start(&self.context, &self.tasks, &self.stop))]
    }

    /// Looks for what was not announced, as far as it is this process's, until the engine ends. Where
    /// [`Settings::sweep`] is on, all of it is looked for anyway.
    ///
    /// # Example
    /// ```
    /// use broker::LocalRing;
    /// use chat_engine::ChatEngine;
    ///
    /// /// Sweeps the topics that this process leads, where `Settings::sweep` is off.
    /// async fn work(chat: &ChatEngine, ring: LocalRing, stop: impl Future<Output = ()> + Send) {
    ///     chat.sweep(ring.share());
    ///     ring.run("worker-1".to_owned(), stop).await;
    /// }
    /// ```
    pub fn sweep(&self, share: Arc<dyn SweepShare>) {
        self.start_sweep(Some(share));
    }

    fn start_sweep(&self, share: Option<Arc<dyn SweepShare>>) {
        self.tasks.spawn(Sweep::new(&self.context, share).run(self.stop.clone()));
    }

    /// What chat holds of users: to be exported and erased with their accounts. `lag` tells, where rings of workers
    /// link messages, whether they have come to them.
    ///
    /// # Example
    /// ```
    /// use chat_engine::{Chat, factories};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// # let (chat, _broker) = factories::engine().await;
    /// # let (group, alice) = factories::group(&chat).create().await;
    /// chat.send_message(factories::draft(alice, group.id)).await?;
    /// let held = chat.personal_data(None);
    /// assert!(held.sections().contains(&"messages"));
    /// let messages = held.export(alice, "messages", None).await?;
    /// assert_eq!(messages.entries.len(), 1);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn personal_data(&self, lag: Option<Arc<dyn RingLag>>) -> Arc<dyn PersonalData> {
        Arc::new(ChatData::new(&self.context, lag))
    }

    /// Ends the engine's tasks in good order: new messages and markers, and questions who is in a group, are refused as
    /// `Busy`; those that are queued are stored, answered and announced. Returns when all is done.
    ///
    /// # Example
    /// ```
    /// use chat_engine::{Chat, ChatError, factories};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (chat, _broker) = factories::engine().await;
    /// # let (group, alice) = factories::group(&chat).create().await;
    /// chat.drain().await;
    /// let late = chat.send_message(factories::draft(alice, group.id)).await;
    /// assert!(matches!(late, Err(ChatError::Busy)), "what is queued is stored; nothing more is taken");
    /// # Ok(()) }
    /// ```
    pub async fn drain(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for ChatEngine {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[async_trait]
impl Chat for ChatEngine {
    async fn list_groups(
        &self,
        user: UserId,
        limit: Limit,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Group>, ChatError> {
        groups::ListService::new(&self.context).call(user, limit, cursor).await
    }

    async fn create_group(&self, user: UserId, draft: GroupDraft) -> Result<Created, ChatError> {
        groups::CreateService::new(&self.context).call(user, draft).await
    }

    async fn show_group(&self, user: UserId, group: GroupId) -> Result<Group, ChatError> {
        groups::ShowService::new(&self.context).call(user, group).await
    }

    async fn group_version(&self, user: UserId, group: GroupId) -> Result<GroupVersion, ChatError> {
        self.context.membership(user, group).await
    }

    async fn update_group(
        &self,
        user: UserId,
        group: GroupId,
        change: GroupChange,
    ) -> Result<Group, ChatError> {
        groups::UpdateService::new(&self.context).call(user, group, change).await
    }

    async fn delete_group(&self, user: UserId, group: GroupId) -> Result<(), ChatError> {
        groups::DeleteService::new(&self.context).call(user, group).await
    }

    async fn list_members(
        &self,
        user: UserId,
        group: GroupId,
        limit: Limit,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Membership>, ChatError> {
        memberships::ListService::new(&self.context).call(user, group, limit, cursor).await
    }

    async fn authorize(&self, user: UserId, group: GroupId, right: Right) -> Result<(), ChatError> {
        rules::at_least_admin(self.context.membership(user, group).await?.role)?;
        match right {
            Right::AddMember => Ok(()),
            Right::AddByAddress | Right::ManageWebhooks => self.context.no_guest(user).await,
        }
    }

    async fn add_member(&self, user: UserId, group: GroupId, member: UserId) -> Result<Added, ChatError> {
        memberships::AddService::new(&self.context).call(user, group, member).await
    }

    async fn change_role(
        &self,
        user: UserId,
        group: GroupId,
        member: UserId,
        role: Role,
    ) -> Result<Membership, ChatError> {
        memberships::ChangeRoleService::new(&self.context).call(user, group, member, role).await
    }

    async fn remove_member(&self, user: UserId, group: GroupId, member: UserId) -> Result<(), ChatError> {
        memberships::RemoveService::new(&self.context).call(user, group, member).await
    }

    async fn create_invitation(
        &self,
        user: UserId,
        group: GroupId,
        draft: InvitationDraft,
    ) -> Result<CreatedInvitation, ChatError> {
        invitations::CreateService::new(&self.context).call(user, group, draft).await
    }

    async fn list_invitations(
        &self,
        user: UserId,
        group: GroupId,
        limit: Limit,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Invitation>, ChatError> {
        invitations::ListService::new(&self.context).call(user, group, limit, cursor).await
    }

    async fn revoke_invitation(
        &self,
        user: UserId,
        group: GroupId,
        invitation: InvitationId,
    ) -> Result<(), ChatError> {
        invitations::RevokeService::new(&self.context).call(user, group, invitation).await
    }

    async fn accept_invitation(&self, user: UserId, code: &Secret) -> Result<Accepted, ChatError> {
        invitations::AcceptService::new(&self.context).call(user, code).await
    }

    async fn participants(
        &self,
        user: UserId,
        group: GroupId,
        ids: &[UserId],
    ) -> Result<Vec<UserId>, ChatError> {
        memberships::ParticipantsService::new(&self.context).call(user, group, ids).await
    }

    async fn list_messages(
        &self,
        user: UserId,
        group: GroupId,
        range: Range,
        limit: Limit,
    ) -> Result<MessagePage, ChatError> {
        group_messages::ListService::new(&self.context).call(user, group, range, limit).await
    }

    async fn show_message(
        &self,
        user: UserId,
        group: GroupId,
        message: GroupMessageId,
    ) -> Result<GroupMessage, ChatError> {
        group_messages::ShowService::new(&self.context).call(user, group, message).await
    }

    async fn send_message(&self, draft: Draft) -> Result<Sent, ChatError> {
        group_messages::SendMessageService::new(self).call(draft).await
    }

    async fn mark_read(&self, user: UserId, group: GroupId, seq: Seq) -> Result<Seq, ChatError> {
        group_messages::MarkReadService::new(self).call(user, group, seq).await
    }

    async fn heads_of(&self, users: &[UserId]) -> Result<Vec<(UserId, GroupHead)>, ChatError> {
        let links = self.context.links(users).await?;
        self.context.store.heads_of(&links).await.map_err(unavailable)
    }

    async fn heads(&self, groups: &[GroupId]) -> Result<Vec<GroupHead>, ChatError> {
        self.context.store.heads(groups).await.map_err(unavailable)
    }

    async fn read_log(
        &self,
        group: GroupId,
        after: Seq,
        limit: Limit,
    ) -> Result<Vec<Arc<GroupMessage>>, ChatError> {
        group_messages::ReadLogService::new(&self.context).call(group, after, limit).await
    }

    async fn ready(&self) -> Result<(), ChatError> {
        self.context.store.database().ready().await.map_err(unavailable)
    }
}

#[async_trait]
impl UnreadMessages for ChatEngine {
    async fn unread_members(
        &self,
        group: GroupId,
        until: Timestamp,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<UserId>, ChatError> {
        self.context.store.unread_members(group, until, after, limit).await.map_err(unavailable)
    }

    async fn unread_groups(&self, user: UserId, until: Timestamp) -> Result<Vec<UnreadGroup>, ChatError> {
        let links = self.context.links(&[user]).await?;
        let groups: Vec<_> = links.into_iter().map(|(_, group)| group).collect();
        self.context.store.unread_groups(user, &groups, until).await.map_err(unavailable)
    }
}
