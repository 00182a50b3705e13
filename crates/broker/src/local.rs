//! The broker within one process.

use std::sync::{
    Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use engine_interfaces::{
    Broker, BrokerError, Control, Delivery, Follow, GroupMessage, Slot, Subscription, Whisper,
};

use crate::{
    inbox::{InboxSender, inbox},
    rings::{LocalRing, LocalSource, RingParts, RingSettings},
    slots::Slots,
};

/// The limits of a [`LocalBroker`].
///
/// # Example
/// ```
/// use broker::{LocalBroker, Settings};
/// use engine_interfaces::{Broker, Control, Delivery, GroupId, Seq};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let broker = LocalBroker::new(Settings { queue: 10_000 }); // for a test that looks only once all is done
/// let mut heard = broker.hear_all();
/// for seq in 1..=10_000 {
///     broker.control(Control::Erased { group_id: GroupId(uuid::Uuid::nil()), seq: Seq(seq) });
/// }
/// assert!(matches!(heard.deliveries.next().await, Some(Delivery::Control(_))), "nothing was dropped");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many deliveries wait for one subscriber; what comes on top is dropped, and the subscriber is
    /// told of a gap.
    pub queue: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { queue: 4_096 }
    }
}

/// Carries hints within one process. Cheap to clone: all clones are one bus, which shuts down with the
/// last of them.
///
/// # Example
/// ```
/// # fn message(group_id: GroupId) -> Arc<GroupMessage> {
/// #     let (id, at) = (SystemClock.new_id().into(), SystemClock.now());
/// #     let (user_id, message) = (Some(UserId::from_name("alice")), Some("Cheers!".into()));
/// #     Arc::new(GroupMessage { id, group_id, user_id, seq: Seq(1), message, erased: false, created_at: at, updated_at: at, trace: None })
/// # }
/// use broker::LocalBroker;
/// use engine_interfaces::{Broker, Delivery, Slot};
/// # use engine_interfaces::{Clock, GroupId, GroupMessage, Seq, SystemClock, UserId};
/// # use std::sync::Arc;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let broker = LocalBroker::default();
/// let group = GroupId(SystemClock.new_id());
/// let mut live = broker.clone().subscribe().await?; // clones are one bus
/// live.follow.follow(Slot::of(group)).await?;
///
/// let stored = message(group);
/// broker.announce(&[stored.clone()]).await?;
/// let Some(Delivery::Messages(heard)) = live.deliveries.next().await else { unreachable!("it was announced") };
/// assert_eq!(heard, [stored]);
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct LocalBroker {
    bus: Arc<Bus>,
}

impl LocalBroker {
    /// A bus with limits of its own.
    ///
    /// # Example
    /// ```
    /// use broker::{LocalBroker, Settings};
    /// use engine_interfaces::{Broker, Control, Delivery, GroupId, Seq};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let broker = LocalBroker::new(Settings { queue: 1 });
    /// let mut slow = broker.hear_all();
    /// for seq in 1..=3 {
    ///     broker.control(Control::Erased { group_id: GroupId(uuid::Uuid::nil()), seq: Seq(seq) });
    /// }
    /// assert!(matches!(slow.deliveries.next().await, Some(Delivery::Gap)), "what found no room is told of");
    /// assert!(matches!(slow.deliveries.next().await, Some(Delivery::Control(_))));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { bus: Arc::new(Bus { settings, ..Bus::default() }) }
    }

    /// A subscription that hears everything from now on: for a test, or a service that has no use for
    /// slots.
    #[must_use]
    pub fn hear_all(&self) -> Subscription {
        self.add(Slots::all())
    }

    /// The ring of this process, which hears what is announced from now on. A bus has one.
    ///
    /// # Example
    /// ```
    /// use broker::{LocalBroker, RingParts, RingSettings};
    ///
    /// /// Works until it is told to stop.
    /// async fn work(broker: LocalBroker, parts: RingParts, stop: impl Future<Output = ()> + Send) {
    ///     broker.ring(parts, RingSettings::default()).run("only".to_owned(), stop).await;
    /// }
    /// ```
    #[must_use]
    pub fn ring(&self, parts: RingParts, settings: RingSettings) -> LocalRing {
        let source = self.bus.ring.get_or_init(|| Arc::new(LocalSource::new(settings.queue)));
        LocalRing::new(parts, settings, Arc::clone(source))
    }

    fn add(&self, slots: Slots) -> Subscription {
        let slots = Arc::new(slots);
        let (sender, inbox) = inbox(self.bus.settings.queue);
        let id = self.bus.next_id.fetch_add(1, Ordering::Relaxed);
        self.bus.write().push(Subscriber { id, slots: Arc::clone(&slots), inbox: sender });
        Subscription {
            follow: Arc::new(LocalFollow { id, slots, bus: Arc::downgrade(&self.bus) }),
            deliveries: Box::new(inbox),
        }
    }
}

#[async_trait]
impl Broker for LocalBroker {
    async fn announce(&self, messages: &[Arc<GroupMessage>]) -> Result<(), BrokerError> {
        if let Some(ring) = self.bus.ring.get() {
            ring.push(messages);
        }
        self.bus.tell(|subscriber| {
            let heard: Vec<_> = messages
                .iter()
                .filter(|message| subscriber.slots.contains(Slot::of(message.group_id)))
                .cloned()
                .collect();
            (!heard.is_empty()).then_some(Delivery::Messages(heard))
        });
        Ok(())
    }

    fn control(&self, control: Control) {
        self.bus.tell(|_| Some(Delivery::Control(control.clone())));
    }

    fn whisper(&self, whisper: Whisper) {
        let slot = Slot::of(whisper.group_id);
        for subscriber in self.bus.read().iter().filter(|subscriber| subscriber.slots.contains(slot)) {
            subscriber.inbox.push_aside(Delivery::Whisper(whisper.clone()));
        }
    }

    fn is_up(&self) -> bool {
        true
    }

    async fn subscribe(&self) -> Result<Subscription, BrokerError> {
        Ok(self.add(Slots::none()))
    }
}

#[derive(Default)]
struct Bus {
    settings: Settings,
    next_id: AtomicU64,
    subscribers: RwLock<Vec<Subscriber>>,
    ring: OnceLock<Arc<LocalSource>>,
}

impl Bus {
    /// Queues what `delivery` makes for each subscriber, and forgets those who are gone.
    fn tell(&self, delivery: impl Fn(&Subscriber) -> Option<Delivery>) {
        let mut any_gone = false;
        for subscriber in self.read().iter() {
            if let Some(delivery) = delivery(subscriber) {
                subscriber.inbox.push(delivery);
                any_gone |= subscriber.inbox.is_closed();
            }
        }
        if any_gone {
            self.write().retain(|subscriber| !subscriber.inbox.is_closed());
        }
    }

    // Nothing panics while it holds the lock, and the list is whole between any two steps.
    fn read(&self) -> RwLockReadGuard<'_, Vec<Subscriber>> {
        self.subscribers.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<Subscriber>> {
        self.subscribers.write().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Subscriber {
    id: u64,
    slots: Arc<Slots>,
    inbox: InboxSender,
}

struct LocalFollow {
    id: u64,
    slots: Arc<Slots>,
    bus: Weak<Bus>,
}

#[async_trait]
impl Follow for LocalFollow {
    async fn follow(&self, slot: Slot) -> Result<(), BrokerError> {
        self.slots.set(slot, true);
        Ok(())
    }

    async fn unfollow(&self, slot: Slot) {
        self.slots.set(slot, false);
    }
}

impl Drop for LocalFollow {
    fn drop(&mut self) {
        if let Some(bus) = self.bus.upgrade() {
            bus.write().retain(|subscriber| subscriber.id != self.id);
        }
    }
}
