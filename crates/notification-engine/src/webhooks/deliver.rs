//! Delivers.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use database::jobs::NewJob;
use engine_interfaces::{
    BoxError, Clock, DeliveryFault, DeliveryId, GroupMessage, Job, JobId, Limit, PutOff, RingJob, Seq,
    Timestamp, Worker,
};
use serde::{Deserialize, Serialize};

use super::{WebhookEngine, body::Body, client::Answer, gate::Turned, target::Target};
use crate::{
    meters::{self, METERS},
    store::{Attempted, DeliveryKey, StoredWebhook, Then},
};

/// Delivers a message to a web hook.
///
/// A delivery that fails is put off for about as long as it has been on its way, until its time is over. What
/// came of it is in its row and nowhere else; the job is done in the end whatever came, so that a receiver
/// that nobody repairs leaves nothing for an operator to look at.
pub(crate) struct DeliverWebhook {
    engine: WebhookEngine,
}

/// What a job says: which delivery, and nothing of the message.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct DeliveryJob {
    #[serde(flatten)]
    key: DeliveryKey,
    round: i64,
    /// When the round began: its time is counted from here.
    began_at: Timestamp,
}

impl DeliveryJob {
    pub(crate) const KIND: &'static str = "notifications.deliver_webhook";

    pub(crate) fn new(key: DeliveryKey, round: i64, began_at: Timestamp) -> Self {
        Self { key, round, began_at }
    }

    /// As a topic's leader causes it: once for a message and a web hook.
    pub(crate) fn by_ring(self, id: DeliveryId) -> RingJob {
        RingJob { kind: Self::KIND, key: self.name(id), payload: self.payload(), run_at: self.began_at }
    }

    /// As a redelivery causes it.
    pub(crate) fn by_engine(self, clock: &dyn Clock, id: DeliveryId) -> NewJob {
        let now = self.began_at;
        NewJob::new(JobId(clock.new_id()), Self::KIND, self.name(id), &self.payload(), now, now)
    }

    fn name(self, id: DeliveryId) -> String {
        format!("{id}:{}", self.round)
    }

    fn payload(self) -> serde_json::Value {
        serde_json::json!(self)
    }
}

impl DeliverWebhook {
    pub(crate) fn new(engine: WebhookEngine) -> Self {
        Self { engine }
    }

    /// Counts, and gives the delivery up.
    async fn give_up(&self, job: DeliveryJob, fault: DeliveryFault) -> Result<(), BoxError> {
        METERS.deliveries.count("dead");
        Ok(self.engine.store.give_up(job.key, job.round, fault, self.engine.clock.now()).await?)
    }

    /// The message, as it is by now; none where its group is gone.
    async fn message(&self, key: DeliveryKey) -> Result<Option<Arc<GroupMessage>>, BoxError> {
        let before = Seq(key.seq.0 - 1);
        let one = Limit::page(1).unwrap_or_default();
        let found = self.engine.chat.read_log(key.group, before, one).await?;
        Ok(found.into_iter().next().filter(|message| message.seq == key.seq))
    }

    /// Posts the message, and says what came of it.
    async fn attempt(
        &self,
        stored: &StoredWebhook,
        id: DeliveryId,
        message: &GroupMessage,
    ) -> Result<Answer, BoxError> {
        let began = Instant::now();
        // Checked again: what may be reached can have changed since the web hook was made.
        let Ok(target) = Target::parse(&stored.webhook.url, &self.engine.addresses) else {
            return Ok(Answer::none(DeliveryFault::Address));
        };
        let body = serde_json::to_vec(&Body::of(message))?;
        let answer =
            self.engine.client.post(&target, &stored.secret, id, self.engine.clock.now(), body).await?;
        let outcome = answer.fault.map_or("delivered", DeliveryFault::as_str);
        meters::webhook_attempt(outcome, began.elapsed());
        tracing::debug!(
            webhook.id = %stored.webhook.id, delivery.id = %id, host = target.host(), outcome,
            status = answer.status, "a message was posted to a web hook"
        );
        Ok(answer)
    }

    /// How it goes on after an attempt.
    fn then(&self, answer: Answer, age: Duration, now: Timestamp) -> Then {
        let settings = &self.engine.settings;
        let wait = settings.wait(age);
        match answer.fault {
            None => Then::Delivered,
            Some(_) if age + wait > settings.give_up_after => Then::Dead,
            Some(_) => Then::Again(now.plus(wait)),
        }
    }
}

#[async_trait]
impl Worker for DeliverWebhook {
    fn kind(&self) -> &'static str {
        DeliveryJob::KIND
    }

    fn concurrency(&self) -> Option<usize> {
        Some(self.engine.settings.concurrency)
    }

    async fn perform(&self, job: &Job) -> Result<(), BoxError> {
        let job: DeliveryJob = serde_json::from_value(job.payload.clone())?;
        let WebhookEngine { store, clock, settings, gate, .. } = &self.engine;
        if !settings.enabled {
            return self.give_up(job, DeliveryFault::Off).await;
        }
        let DeliveryKey { group, webhook, .. } = job.key;
        let now = clock.now();
        let age = now.since(job.began_at);
        // Before any store is asked: a receiver that fails may have very many waiting.
        let pass = match gate.enter(webhook, now, settings) {
            Ok(pass) => pass,
            Err(_) if age > settings.give_up_after => return self.give_up(job, DeliveryFault::Skipped).await,
            Err(Turned::Busy(turn)) => {
                return Err(PutOff { until: turn.min(now.plus(settings.wait(age))) }.into());
            }
            Err(Turned::Held(until)) => {
                return Err(PutOff { until: until.max(now.plus(settings.wait(age))) }.into());
            }
        };
        let (Some(stored), Some(id)) =
            (store.webhook(group, webhook).await?, store.due_delivery(job.key, job.round).await?)
        else {
            // Ended, delivered, or asked for again since.
            return Ok(());
        };
        let Some(message) = self.message(job.key).await? else {
            return self.engine.forget_group(group).await;
        };
        let answer = self.attempt(&stored, id, &message).await?;

        let now = clock.now();
        pass.done(now, answer.fault.is_none(), settings);
        let then = self.then(answer, now.since(job.began_at), now);
        let attempted = Attempted { status: answer.status, fault: answer.fault, then };
        store.attempted(job.key, job.round, attempted, now).await?;
        let outcome = match then {
            Then::Delivered => "delivered",
            Then::Again(_) => "put_off",
            Then::Dead => "dead",
        };
        METERS.deliveries.count(outcome);
        match then {
            Then::Again(until) => Err(PutOff { until }.into()),
            Then::Delivered | Then::Dead => Ok(()),
        }
    }
}
