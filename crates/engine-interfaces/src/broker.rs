//! The bus between the parts that store and the parts that show.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{BoxError, Control, GroupMessage, Slot, Whisper};

/// The hint could not be handed over. What it spoke of is stored all the same, and the sweep tells of it again.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(broker: &dyn Broker, stored: &[std::sync::Arc<GroupMessage>]) {
/// if let Err(error @ BrokerError(_)) = broker.announce(stored).await {
///     println!("{error}"); // no reason to fail: the messages are stored, and told of later
/// }
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[error("the broker is unavailable")]
pub struct BrokerError(#[source] pub BoxError);

/// Carries hints between processes, or within one.
///
/// # Example
/// ```
/// use std::sync::Arc;
///
/// use engine_interfaces::{Broker, GroupMessage};
///
/// /// Tells of what is committed. If not, the sweep is left to do it.
/// async fn tell(broker: &impl Broker, stored: &[Arc<GroupMessage>]) -> bool {
///     broker.is_up() && broker.announce(stored).await.is_ok()
/// }
/// ```
#[async_trait]
pub trait Broker: Send + Sync {
    /// Tells the followers of the messages' slots.
    ///
    /// **At most once** to those who follow now; in the order given, call after call. `Ok` means handed
    /// over to the bus, not received by anybody.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(broker: &dyn Broker, message: std::sync::Arc<GroupMessage>) -> Result<(), BrokerError> {
    /// broker.announce(&[message]).await?; // once it is committed
    /// # Ok(()) }
    /// ```
    async fn announce(&self, messages: &[Arc<GroupMessage>]) -> Result<(), BrokerError>;

    /// Tells every subscriber what is no message. At most once; never waits and never fails: those who
    /// missed it find out from the store.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(broker: &dyn Broker, message: std::sync::Arc<GroupMessage>, group_id: GroupId) -> Result<(), BrokerError> {
    /// broker.control(Control::GroupDeleted { group_id });
    /// # Ok(()) }
    /// ```
    fn control(&self, control: Control);

    /// Tells the followers of the group's slot what no store has. At most once; never waits and never fails, and
    /// nobody hears of one that was lost: whispers give way to messages and controls.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(broker: &dyn Broker, message: std::sync::Arc<GroupMessage>, group_id: GroupId, node: NodeId, user_id: UserId) -> Result<(), BrokerError> {
    /// broker.whisper(Whisper { group_id, node, said: Said::Typing { user_id } });
    /// # Ok(()) }
    /// ```
    fn whisper(&self, whisper: Whisper);

    /// Is there a way to the bus now? Without one, hints are lost, and found out by comparison.
    fn is_up(&self) -> bool;

    /// A subscription that follows no slot yet and hears every [`Control`] from now on.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(broker: &dyn Broker, message: std::sync::Arc<GroupMessage>, group: GroupId) -> Result<(), BrokerError> {
    /// let mut live = broker.subscribe().await?;
    /// live.follow.follow(Slot::of(group)).await?;
    /// while let Some(delivery) = live.deliveries.next().await {
    ///     match delivery {
    ///         Delivery::Messages(messages) => println!("{} of the slot's groups", messages.len()),
    ///         Delivery::Control(control) => println!("{control:?}"),
    ///         Delivery::Whisper(_) => {}
    ///         Delivery::Gap => println!("read the store from what is known on"),
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    async fn subscribe(&self) -> Result<Subscription, BrokerError>;
}

/// What [`Broker::subscribe`] gives. Dropping either half ends it.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(broker: &dyn Broker, slot: Slot) -> Result<(), BrokerError> {
/// let Subscription { follow, mut deliveries } = broker.subscribe().await?;
/// follow.follow(slot).await?; // in one task, while another reads
/// let heard = deliveries.next().await;
/// drop(follow); // nothing more is heard
/// # Ok(()) }
/// ```
pub struct Subscription {
    /// Chooses what is heard.
    pub follow: Arc<dyn Follow>,
    /// What is heard.
    pub deliveries: Box<dyn Deliveries>,
}

/// Chooses which slots a subscription hears.
///
/// # Example
/// ```
/// use engine_interfaces::{BoxError, Chat, Follow, GroupId, Limit, MessagePage, Range, Slot, UserId};
///
/// /// Follows first and reads then, so that no message is missed between the two.
/// async fn open(
///     (follow, chat): (&dyn Follow, &dyn Chat),
///     (user, group): (UserId, GroupId),
/// ) -> Result<MessagePage, BoxError> {
///     follow.follow(Slot::of(group)).await?;
///     Ok(chat.list_messages(user, group, Range::Newest, Limit::default()).await?)
/// }
/// ```
#[async_trait]
pub trait Follow: Send + Sync {
    /// Returns once the bus has confirmed: whatever is announced afterwards is heard.
    async fn follow(&self, slot: Slot) -> Result<(), BrokerError>;

    /// Stops hearing a slot.
    async fn unfollow(&self, slot: Slot);
}

/// What a subscription hears.
///
/// # Example
/// ```
/// use std::collections::VecDeque;
///
/// use async_trait::async_trait;
/// use engine_interfaces::{Deliveries, Delivery};
///
/// /// What a test wants to be heard; then the bus shuts down.
/// struct Script(VecDeque<Delivery>);
///
/// #[async_trait]
/// impl Deliveries for Script {
///     async fn next(&mut self) -> Option<Delivery> {
///         self.0.pop_front()
///     }
/// }
/// ```
#[async_trait]
pub trait Deliveries: Send {
    /// The next delivery; `None` when the bus has shut down. A slow reader never slows a sender: what
    /// does not fit the bounded buffer is dropped, and [`Delivery::Gap`] says so.
    async fn next(&mut self) -> Option<Delivery>;
}

/// One thing that was heard.
///
/// # Example
/// ```
/// use engine_interfaces::Delivery;
///
/// let heard = [Delivery::Messages(vec![]), Delivery::Gap];
/// let reads_the_store = heard.iter().any(|delivery| matches!(delivery, Delivery::Gap));
/// assert!(reads_the_store, "what came after a gap tells nothing of what fell into it");
/// ```
#[derive(Debug, Clone)]
pub enum Delivery {
    /// Messages, in the order in which they were announced.
    Messages(Vec<Arc<GroupMessage>>),
    /// What is no message.
    Control(Control),
    /// What no store has.
    Whisper(Whisper),
    /// Something may have been missed: compare with the store.
    Gap,
}
