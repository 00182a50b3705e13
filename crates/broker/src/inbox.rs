//! What waits for one subscriber: bounded, and honest about what did not fit.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use engine_interfaces::{Deliveries, Delivery, GroupMessage};
use tokio::sync::mpsc::{self, error::TrySendError};

use crate::meters::{DROPPED, WHISPERS_DROPPED};

/// An inbox for at most `queue` deliveries, and what fills it.
pub(crate) fn inbox(queue: usize) -> (InboxSender, Inbox) {
    LazyLock::force(&DROPPED);
    LazyLock::force(&WHISPERS_DROPPED);
    let missed = Arc::new(AtomicBool::new(false));
    let (sender, waiting) = mpsc::channel(queue.max(1));
    let sender = InboxSender { missed: Arc::clone(&missed), queue: sender };
    let inbox = Inbox { missed, waiting, before_gap: 0, put_back: None };
    (sender, inbox)
}

/// Fills an inbox. The inbox ends with the last clone.
#[derive(Clone)]
pub(crate) struct InboxSender {
    missed: Arc<AtomicBool>,
    queue: mpsc::Sender<Delivery>,
}

impl InboxSender {
    /// Queues without waiting; what does not fit is dropped, and the reader hears of a gap.
    pub(crate) fn push(&self, delivery: Delivery) {
        if let Err(TrySendError::Full(_)) = self.queue.try_send(delivery) {
            DROPPED.increment(1);
            self.missed.store(true, Ordering::Release);
            // A reader that emptied the queue in between may wait already: this wakes it. Where the queue
            // is full still, the reader comes by again and sees what it missed.
            let _ = self.queue.try_send(Delivery::Gap);
        }
    }

    /// Queues what may be lost, where it takes no place that messages and controls could need.
    pub(crate) fn push_aside(&self, delivery: Delivery) {
        let busy = self.queue.capacity() < self.queue.max_capacity() / 2;
        if busy || self.queue.try_send(delivery).is_err() {
            WHISPERS_DROPPED.increment(1);
        }
    }

    /// Whether nobody reads any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    /// Returns once nobody reads any more.
    #[cfg(feature = "redis")]
    pub(crate) async fn closed(&self) {
        self.queue.closed().await;
    }
}

/// What one subscriber reads.
pub(crate) struct Inbox {
    missed: Arc<AtomicBool>,
    waiting: mpsc::Receiver<Delivery>,
    /// How many deliveries come before the next gap may be told of.
    before_gap: usize,
    /// Taken already, and not one with the messages in front of it.
    put_back: Option<Delivery>,
}

impl Inbox {
    /// The messages that wait behind `messages`, in front of anything else, join them.
    fn gather(&mut self, mut messages: Vec<Arc<GroupMessage>>) -> Delivery {
        for _ in 0..self.waiting.len() {
            let Ok(delivery) = self.waiting.try_recv() else {
                break;
            };
            self.before_gap = self.before_gap.saturating_sub(1);
            match delivery {
                Delivery::Messages(more) => messages.extend(more),
                other => {
                    self.put_back = Some(other);
                    break;
                }
            }
        }
        Delivery::Messages(messages)
    }
}

#[async_trait]
impl Deliveries for Inbox {
    async fn next(&mut self) -> Option<Delivery> {
        if let Some(delivery) = self.put_back.take() {
            return Some(delivery);
        }
        // Telling of a gap early is as good as in its place: what was missed is in the store already.
        // What waits now is read before the next one, or a fast sender would leave nothing but gaps.
        if self.before_gap == 0 && self.missed.swap(false, Ordering::AcqRel) {
            self.before_gap = self.waiting.len();
            return Some(Delivery::Gap);
        }
        let delivery = self.waiting.recv().await?;
        self.before_gap = self.before_gap.saturating_sub(1);
        Some(match delivery {
            Delivery::Messages(messages) => self.gather(messages),
            other => other,
        })
    }
}
