//! The ring within one process: it leads every topic, and hears what is announced through bounded queues.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use engine_interfaces::{BoxError, GroupMessage, Position, RingTerm, SweepShare, Topic};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use super::{
    RingParts, RingSettings, Shared,
    leader::{Command, Leader},
    right::Right,
    source::{Read, Source},
};

/// The ring within one process. It begins a term for every topic, which ends those of any other process, and
/// reads from the store what was announced and not handled when the last process died.
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// # use engine_interfaces::{ChatError, Kept, KeptCursor, KeptMessages, SystemClock, Timestamp};
/// # use jobs::RingStore;
/// # use broker::RingParts;
/// # use test_support::TestDatabase;
/// use broker::{LocalBroker, RingSettings};
///
/// # struct Nothing;
/// # #[async_trait::async_trait]
/// # impl KeptMessages for Nothing {
/// #     async fn kept(&self, _: Option<Timestamp>, _: Timestamp, _: Option<KeptCursor>) -> Result<Kept, ChatError> {
/// #         Ok(Kept { messages: Vec::new(), next: None })
/// #     }
/// #     async fn announced(&self, _: Timestamp) -> Result<Option<Timestamp>, ChatError> {
/// #         Ok(Some(Timestamp::EPOCH))
/// #     }
/// # }
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let test = TestDatabase::sqlite(jobs::MIGRATIONS).await;
/// # let (terms, clock) = (RingStore::new(test.database(), Arc::new(SystemClock)), Arc::new(SystemClock));
/// # let parts = RingParts { terms: Arc::new(terms), kept: Arc::new(Nothing), handlers: Vec::new(), clock };
/// let ring = LocalBroker::default().ring(parts, RingSettings::default());
/// let share = ring.share(); // for `ChatEngine::sweep`
/// assert!(share.topics().is_empty(), "it does not run yet");
/// let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
/// let working = tokio::spawn(ring.run("only".to_owned(), async { drop(stopped.await) }));
/// while share.topics().len() < 32 {
///     tokio::task::yield_now().await;
/// }
/// drop(stop); // a service's signal
/// working.await?; // what was in hand is finished
/// # Ok(()) }
/// ```
pub struct LocalRing {
    shared: Arc<Shared>,
    source: Arc<LocalSource>,
}

impl LocalRing {
    pub(crate) fn new(parts: RingParts, settings: RingSettings, source: Arc<LocalSource>) -> Self {
        // One clock.
        let settings = RingSettings { clock_skew: Duration::ZERO, ..settings };
        Self { shared: Shared::new(parts, settings), source }
    }

    /// What of the sweep is this ring's.
    #[must_use]
    pub fn share(&self) -> Arc<dyn SweepShare> {
        self.shared.clone()
    }

    /// Leads until `stop`, or until another process does; then finishes what is in hand.
    pub async fn run(self, leader: String, stop: impl Future<Output = ()> + Send) {
        let Self { shared, source } = self;
        let (commands, commanded) = mpsc::channel(1);
        let (left, leaving) = mpsc::unbounded_channel();
        let working = Leader::new(Arc::clone(&shared), source, Right::default(), left).run(commanded);
        tokio::join!(working, command(&shared, &leader, stop, commands, leaving));
    }
}

/// Has all topics led until `stop`, or until they are led by another.
async fn command(
    shared: &Shared,
    leader: &str,
    stop: impl Future<Output = ()> + Send,
    commands: mpsc::Sender<Command>,
    mut leaving: mpsc::UnboundedReceiver<Vec<Topic>>,
) {
    let mut stop = std::pin::pin!(stop);
    let begun = tokio::select! {
        begun = begin(shared, leader) => begun,
        () = &mut stop => return,
    };
    let mut led = begun.len();
    tracing::info!(topics = led, "leads all topics");
    let _ = commands.send(Command::Take(begun)).await;
    let mut ended = async || {
        while led > 0 {
            led -= leaving.recv().await.map_or(led, |topics| topics.len());
        }
    };
    tokio::select! {
        () = ended() => return tracing::warn!("another process leads all topics: this one no longer does"),
        () = &mut stop => {}
    }
    let _ = commands.send(Command::Leave(Topic::all().collect())).await;
    let _ = timeout(shared.settings.drain, ended()).await;
}

async fn begin(shared: &Shared, leader: &str) -> Vec<RingTerm> {
    let topics: Vec<_> = Topic::all().collect();
    let mut pauses = shared.settings.pauses();
    loop {
        match shared.terms.begin(&topics, leader).await {
            Ok(begun) => return begun,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "no term can be begun yet");
            }
        }
        sleep(pauses.next().unwrap_or(shared.settings.retry_most)).await;
    }
}

/// What was announced in this process and is not read yet, by topic.
pub(crate) struct LocalSource {
    queues: Mutex<Vec<Queue>>,
    /// The most messages of one topic.
    length: usize,
}

/// What is announced before the ring begins is lost to it.
struct Queue {
    waiting: VecDeque<Arc<GroupMessage>>,
    lost: bool,
}

impl LocalSource {
    pub(crate) fn new(length: usize) -> Self {
        let queues = Topic::all().map(|_| Queue { waiting: VecDeque::new(), lost: true });
        Self { queues: Mutex::new(queues.collect()), length }
    }

    /// Queues without waiting. What does not fit is read from the store.
    pub(crate) fn push(&self, messages: &[Arc<GroupMessage>]) {
        let mut queues = self.queues();
        for message in messages {
            let topic = message.user_id.map(Topic::of_user);
            let Some(queue) = topic.and_then(|topic| queues.get_mut(usize::from(topic.0))) else { continue };
            if queue.lost {
                continue;
            }
            if queue.waiting.len() >= self.length {
                queue.lost = true;
                queue.waiting = VecDeque::new();
            } else {
                queue.waiting.push_back(Arc::clone(message));
            }
        }
    }

    // Nothing panics while it holds the lock.
    fn queues(&self) -> MutexGuard<'_, Vec<Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Source for LocalSource {
    async fn read(
        &self,
        topics: &[(Topic, Option<Position>)],
        limit: usize,
    ) -> Result<Vec<(Topic, Read)>, BoxError> {
        let mut queues = self.queues();
        let mut reads = Vec::with_capacity(topics.len());
        for (topic, _) in topics {
            let Some(queue) = queues.get_mut(usize::from(topic.0)) else { continue };
            reads.push((
                *topic,
                match queue.lost {
                    true => Read::Lost,
                    false => {
                        let messages = queue.waiting.drain(..limit.min(queue.waiting.len())).collect();
                        Read::Some { messages, position: None, more: !queue.waiting.is_empty() }
                    }
                },
            ));
        }
        Ok(reads)
    }

    async fn begin(&self, topics: &[Topic]) -> Result<Vec<(Topic, Option<Position>)>, BoxError> {
        let mut queues = self.queues();
        for topic in topics {
            if let Some(queue) = queues.get_mut(usize::from(topic.0)) {
                *queue = Queue { waiting: VecDeque::new(), lost: false };
            }
        }
        Ok(topics.iter().map(|topic| (*topic, None)).collect())
    }
}
