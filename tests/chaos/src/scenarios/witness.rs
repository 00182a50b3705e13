//! A socket that notes what it is told and when.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use engine_interfaces::BoxError;
use production_shape::until;
use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::Instant};

use crate::{
    person::Person,
    socket::{Heard, Socket},
};

const LOOK: Duration = Duration::from_millis(10);

/// A socket that does not come back.
pub(super) struct Witness {
    heard: Arc<Mutex<Vec<Heard>>>,
    task: JoinHandle<()>,
}

impl Witness {
    /// Connects as somebody.
    pub(super) async fn start(balancer: &str, person: &Person) -> Result<Self, BoxError> {
        let auth = json!({ "token": person.token });
        let connected = Socket::connect(balancer, &auth).await;
        let mut socket = connected.map_err(|_| "a witness is not let in")?;
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let notes = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            while let Ok(next) = socket.hear().await {
                notes.lock().unwrap_or_else(PoisonError::into_inner).push(next);
            }
        });
        Ok(Self { heard, task })
    }

    /// How long after `since` it was put out; none when that took too long.
    pub(super) async fn put_out(&self, since: Instant, limit: Duration) -> Option<Duration> {
        self.heard(since, limit, |heard| matches!(heard, Heard::PutOut)).await
    }

    /// How long after `since` it heard an event; none when that took too long.
    pub(super) async fn event(
        &self,
        since: Instant,
        limit: Duration,
        is: impl Fn(&str, &Value) -> bool,
    ) -> Option<Duration> {
        self.heard(since, limit, |heard| matches!(heard, Heard::Event(name, payload) if is(name, payload)))
            .await
    }

    async fn heard(&self, since: Instant, limit: Duration, is: impl Fn(&Heard) -> bool) -> Option<Duration> {
        let left = limit.saturating_sub(since.elapsed());
        let all = || self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        until(left, LOOK, || all().iter().any(&is)).await.map(|_| since.elapsed())
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.task.abort();
    }
}
