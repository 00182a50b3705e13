//! Tells who is here, to those who write to people that are not.

use std::{error::Error, sync::Arc};

use engine_interfaces::UserId;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::node::Node;

impl Node {
    /// Tells for ever: of everybody from time to time, and soon of who came or went.
    pub(crate) async fn tell_presence(self: Arc<Self>) {
        let mut tick = interval(self.settings.tell_moves_every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = Instant::now();
        loop {
            tick.tick().await;
            let mut users = self.hub.take_moved();
            if told.elapsed() >= self.settings.tell_presence_every {
                told = Instant::now();
                users.extend(self.hub.users());
            }
            self.tell_seen(&users.into_iter().collect::<Vec<_>>()).await;
        }
    }

    /// Where it can't be told, these marks are missing and nothing else.
    async fn tell_seen(&self, users: &[UserId]) {
        for batch in users.chunks(self.settings.compare_batch) {
            if let Err(error) = self.presence.seen(batch).await {
                let error: &dyn Error = &error;
                return tracing::warn!(error, "it can't be told who is here");
            }
        }
    }
}
