//! Causes deliveries.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use async_trait::async_trait;
use engine_interfaces::{
    BoxError, DeliveryId, GroupId, GroupMessage, GroupMessageId, RingJobs, Term, TopicHandler, WebhookId,
};
use uuid::Uuid;

use super::{DeliveryJob, WebhookEngine};
use crate::store::{DeliveryKey, StoredWebhook};

/// Causes the deliveries of a topic's messages: for each web hook of a message's group a row, and a job.
pub(crate) struct WebhookHandler {
    engine: WebhookEngine,
    jobs: Arc<dyn RingJobs>,
}

impl WebhookHandler {
    pub(crate) fn new(engine: WebhookEngine, jobs: Arc<dyn RingJobs>) -> Self {
        Self { engine, jobs }
    }
}

/// The delivery of a message to a web hook: the same id each time it is caused.
fn delivery_id(webhook: WebhookId, message: GroupMessageId) -> DeliveryId {
    DeliveryId(Uuid::new_v5(&webhook.0, message.0.as_bytes()))
}

#[async_trait]
impl TopicHandler for WebhookHandler {
    /// The rows first: a leader that dies before its jobs are there leaves the messages to the next, for whom
    /// the rows are there already.
    async fn handle(&self, term: Term, messages: &[Arc<GroupMessage>]) -> Result<(), BoxError> {
        let WebhookEngine { store, clock, settings, .. } = &self.engine;
        if !settings.enabled {
            return Ok(());
        }
        let groups: BTreeSet<GroupId> = messages.iter().map(|message| message.group_id).collect();
        let groups: Vec<GroupId> = groups.into_iter().collect();
        let mut webhooks: HashMap<GroupId, Vec<StoredWebhook>> = HashMap::new();
        for stored in store.webhooks_of(&groups).await? {
            webhooks.entry(stored.webhook.group_id).or_default().push(stored);
        }

        let now = clock.now();
        let (mut caused, mut traces) = (Vec::new(), Vec::new());
        for message in messages {
            let of_group = webhooks.get(&message.group_id).into_iter().flatten();
            for stored in of_group.filter(|stored| message.seq > stored.after_seq) {
                let webhook = stored.webhook.id;
                let key = DeliveryKey { group: message.group_id, webhook, seq: message.seq };
                caused.push((key, delivery_id(webhook, message.id)));
                traces.push(message.trace);
            }
        }
        if caused.is_empty() {
            return Ok(());
        }
        store.insert_deliveries(&caused, now).await?;
        let jobs = caused.iter().zip(traces);
        let jobs = jobs.map(|((key, id), trace)| DeliveryJob::new(*key, 0, now).by_ring(*id).in_trace(trace));
        self.jobs.enqueue(term, jobs.collect()).await?;
        Ok(())
    }
}
