//! A broker that a test listens to, and makes fail.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use engine_interfaces::{Broker, BrokerError, Control, GroupMessage, Subscription, Whisper};
use tokio::sync::Notify;

/// How long a test waits for what must come.
const LIMIT: Duration = Duration::from_secs(20);

/// A broker that a test listens to, and makes fail. It has one listener, the test, and keeps what is told.
///
/// # Example
/// ```
/// use chat_engine::{Chat, factories};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (chat, broker) = factories::engine().await;
/// let (group, alice) = factories::group(&chat).create().await;
/// broker.fail();
/// let sent = chat.send_message(factories::draft(alice, group.id)).await?;
/// broker.heal();
/// assert_eq!(broker.next_message().await, sent.message, "the sweep announces what could not be");
/// # Ok(()) }
/// ```
#[derive(Default)]
pub struct TestBroker {
    messages: Told<Arc<GroupMessage>>,
    controls: Told<Control>,
    fails: AtomicBool,
    refused: AtomicUsize,
}

impl TestBroker {
    /// From now on nothing can be announced.
    pub fn fail(&self) {
        self.fails.store(true, Ordering::SeqCst);
    }

    /// All is well again.
    pub fn heal(&self) {
        self.fails.store(false, Ordering::SeqCst);
    }

    /// How many messages could not be announced, each as often as it was tried.
    ///
    /// # Example
    /// ```
    /// use chat_engine::{Chat, factories};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (chat, broker) = factories::engine().await;
    /// # let (group, owner) = factories::group(&chat).create().await;
    /// broker.fail();
    /// chat.send_message(factories::draft(owner, group.id)).await?; // stored all the same
    /// while broker.refused() == 0 {
    ///     tokio::task::yield_now().await; // it is tried in the background
    /// }
    /// # Ok(()) }
    /// ```
    pub fn refused(&self) -> usize {
        self.refused.load(Ordering::SeqCst)
    }

    /// The next message that is announced, or was and is not asked for yet. Panics when none comes.
    pub async fn next_message(&self) -> Arc<GroupMessage> {
        self.messages.next().await
    }

    /// The next that is no message. Panics when none comes.
    ///
    /// # Example
    /// ```
    /// use chat_engine::{Chat, Control, factories};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (chat, broker) = factories::engine().await;
    /// # let (group, owner) = factories::group(&chat).create().await;
    /// broker.take_controls(); // what the making of the group told
    /// chat.delete_group(owner, group.id).await?;
    /// assert_eq!(broker.next_control().await, Control::GroupDeleted { group_id: group.id });
    /// # Ok(()) }
    /// ```
    pub async fn next_control(&self) -> Control {
        self.controls.next().await
    }

    /// What was announced and is not asked for yet.
    ///
    /// # Example
    /// ```
    /// use chat_engine::{Chat, factories};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (chat, broker) = factories::engine().await;
    /// # let (group, owner) = factories::group(&chat).create().await;
    /// chat.send_message(factories::draft(owner, group.id)).await?;
    /// broker.next_message().await;
    /// assert!(broker.take_messages().is_empty(), "and nothing else is told");
    /// # Ok(()) }
    /// ```
    pub fn take_messages(&self) -> Vec<Arc<GroupMessage>> {
        self.messages.take()
    }

    /// What else was told and is not asked for yet.
    ///
    /// # Example
    /// ```
    /// use chat_engine::{Control, MemberChange, factories};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (chat, broker) = factories::engine().await;
    /// # let (group, owner) = factories::group(&chat).create().await;
    /// let told = broker.take_controls();
    /// let joined = MemberChange::Joined;
    /// assert!(matches!(told[..], [Control::Member { user_id, change, .. }] if (user_id, change) == (owner, joined)));
    /// assert!(broker.take_controls().is_empty(), "taken once");
    /// # Ok(()) }
    /// ```
    pub fn take_controls(&self) -> Vec<Control> {
        self.controls.take()
    }
}

#[async_trait]
impl Broker for TestBroker {
    async fn announce(&self, messages: &[Arc<GroupMessage>]) -> Result<(), BrokerError> {
        if self.fails.load(Ordering::SeqCst) {
            self.refused.fetch_add(messages.len(), Ordering::SeqCst);
            return Err(BrokerError("the test made it fail".into()));
        }
        self.messages.tell(messages.iter().cloned());
        Ok(())
    }

    fn control(&self, control: Control) {
        self.controls.tell([control]);
    }

    fn whisper(&self, _: Whisper) {}

    fn is_up(&self) -> bool {
        !self.fails.load(Ordering::SeqCst)
    }

    async fn subscribe(&self) -> Result<Subscription, BrokerError> {
        Err(BrokerError("its one listener is the test".into()))
    }
}

/// What was told and is not asked for yet.
struct Told<T> {
    kept: Mutex<VecDeque<T>>,
    more: Notify,
}

impl<T> Default for Told<T> {
    fn default() -> Self {
        Self { kept: Mutex::default(), more: Notify::new() }
    }
}

impl<T> Told<T> {
    fn tell(&self, more: impl IntoIterator<Item = T>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(more);
        self.more.notify_one();
    }

    fn take(&self) -> Vec<T> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.drain(..).collect()
    }

    fn pop(&self) -> Option<T> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.pop_front()
    }

    #[expect(clippy::expect_used, reason = "a factory fails by panicking, as the test that uses it")]
    async fn next(&self) -> T {
        let next = async {
            loop {
                if let Some(next) = self.pop() {
                    return next;
                }
                self.more.notified().await;
            }
        };
        tokio::time::timeout(LIMIT, next).await.expect("something is told")
    }
}
