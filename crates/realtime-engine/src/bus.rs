//! This server's subscription.

use std::{collections::HashSet, sync::Arc};

use engine_interfaces::{Broker, BrokerError, Deliveries, Follow, Slot, Whisper};
use tokio::sync::Mutex;

/// Knows which slots this server hears.
pub(crate) struct Bus {
    broker: Arc<dyn Broker>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    follow: Option<Arc<dyn Follow>>,
    followed: HashSet<Slot>,
}

impl Bus {
    /// Hears nothing yet.
    pub(crate) fn new(broker: Arc<dyn Broker>) -> Self {
        Self { broker, state: Mutex::default() }
    }

    /// Begins to hear, anew when it did before. What is to be followed has to be named again.
    pub(crate) async fn subscribe(&self) -> Result<Box<dyn Deliveries>, BrokerError> {
        let mut state = self.state.lock().await;
        let subscription = self.broker.subscribe().await?;
        *state = State { follow: Some(subscription.follow), followed: HashSet::new() };
        Ok(subscription.deliveries)
    }

    /// Returns once the slots are followed. Where the bus is away they are not: the comparison of heads
    /// finds what was missed, and asks again.
    pub(crate) async fn follow(&self, slots: HashSet<Slot>) {
        let mut state = self.state.lock().await;
        let Some(follow) = state.follow.clone() else {
            return;
        };
        for slot in slots {
            if state.followed.contains(&slot) {
                continue;
            }
            match follow.follow(slot).await {
                Ok(()) => {
                    state.followed.insert(slot);
                }
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    return tracing::warn!(error, "a slot can't be followed");
                }
            }
        }
    }

    /// Tells the other servers what no store has.
    pub(crate) fn whisper(&self, whisper: Whisper) {
        self.broker.whisper(whisper);
    }

    /// Stops hearing what nobody needs. `needed` is asked once nobody else can begin to follow.
    pub(crate) async fn keep(&self, needed: impl FnOnce() -> HashSet<Slot> + Send) {
        let mut state = self.state.lock().await;
        let Some(follow) = state.follow.clone() else {
            return;
        };
        let needed = needed();
        let surplus: Vec<Slot> = state.followed.difference(&needed).copied().collect();
        for slot in surplus {
            follow.unfollow(slot).await;
            state.followed.remove(&slot);
        }
    }
}
