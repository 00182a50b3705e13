//! Sends the digests that are due.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use engine_interfaces::{BoxError, Contact, Job, Timestamp, Worker};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::Context;
use crate::{
    mail::{Digest, Failure, Unwritable},
    meters::METERS,
    store::Due,
};

/// Sends the digests that are due. Any number of these share the work; what one had in hand when it died is
/// sent again by another, with the same id.
///
/// # Example
/// ```
/// use jobs::{Every, Runner};
/// use notification_engine::SendDigests;
///
/// /// The runner that has `Digests::workers`. A mail that the server did not take is tried again by one of these.
/// fn punctual(runner: Runner) -> Runner {
///     runner.cron(SendDigests::KIND, Every::Minute)
/// }
/// ```
pub struct SendDigests {
    context: Arc<Context>,
}

/// What became of a digest.
enum Outcome {
    Sent,
    /// There is nothing to tell, or nobody to tell it to.
    Idle,
    Failed(Failure),
}

impl SendDigests {
    /// The kind of job.
    pub const KIND: &'static str = "notifications.send_digests";

    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Sends a batch. `false` when there was none, or the server takes nothing more.
    async fn send_batch(&self) -> Result<bool, BoxError> {
        let Context { store, clock, contacts, settings, .. } = &*self.context;
        let now = clock.now();
        let limit = i64::try_from(settings.batch).unwrap_or(i64::MAX);
        let batch = store.take_digests(now, now.plus(settings.lease), limit).await?;
        if batch.is_empty() {
            return Ok(false);
        }
        let users: Vec<_> = batch.iter().map(|due| due.user_id).collect();
        let mut reached: HashMap<_, _> =
            contacts.contacts(&users).await?.into_iter().map(|contact| (contact.user_id, contact)).collect();
        for user in store.seen_since(&users, now.minus(settings.away_after)).await? {
            reached.remove(&user);
        }
        for user in store.unwilling(&users).await? {
            reached.remove(&user);
        }
        let (reached, down) = (&reached, &AtomicBool::new(false));
        stream::iter(batch)
            .map(|due| self.see_to(due, reached.get(&due.user_id), down))
            .buffer_unordered(settings.concurrency.max(1))
            .try_collect::<()>()
            .await?;
        Ok(!down.load(Ordering::Relaxed))
    }

    /// Sends one and notes what became of it; not even tries where the server is `down`.
    async fn see_to(&self, due: Due, to: Option<&Contact>, down: &AtomicBool) -> Result<(), BoxError> {
        let Context { store, clock, schedule, settings, .. } = &*self.context;
        if down.load(Ordering::Relaxed) {
            return Ok(store.release_digest(due, clock.now()).await?);
        }
        let outcome = match to {
            Some(contact) => self.send(due, contact).await?,
            None => Outcome::Idle,
        };
        let now = clock.now();
        let word = match outcome {
            Outcome::Sent => {
                store.settle_digest(due, schedule.next_slot(now), None).await?;
                "sent"
            }
            Outcome::Idle => {
                store.drop_digest(due).await?;
                "idle"
            }
            Outcome::Failed(failure @ Failure::Refused(_)) => {
                let quiet_until = now.plus(settings.refused_pause);
                store.settle_digest(due, quiet_until, Some(failure.to_string())).await?;
                tracing::info!(user.id = %due.user_id, %failure, "a digest was refused");
                "refused"
            }
            Outcome::Failed(failure @ Failure::Unavailable(why)) => {
                if why.is_the_servers() && !down.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%failure, "mail can't be sent: it waits");
                }
                self.put_off(due, failure, now).await?
            }
        };
        METERS.digests.count(word);
        Ok(())
    }

    async fn put_off(&self, due: Due, failure: Failure, now: Timestamp) -> Result<&'static str, BoxError> {
        let Context { store, schedule, settings, .. } = &*self.context;
        let error = failure.to_string();
        if due.attempt < settings.max_attempts {
            let until = now.plus(settings.backoff_after(due.attempt));
            store.put_off_digest(due, until, error).await?;
            return Ok("put_off");
        }
        tracing::warn!(user.id = %due.user_id, %failure, "a digest was given up");
        store.settle_digest(due, schedule.next_slot(now), Some(error)).await?;
        Ok("given_up")
    }

    /// Asks what waits now, and tells of it.
    async fn send(&self, due: Due, to: &Contact) -> Result<Outcome, BoxError> {
        let Context { store, clock, unread, mail, keys, schedule, settings, .. } = &*self.context;
        let now = clock.now();
        let mut groups = unread.unread_groups(due.user_id, schedule.unread_since(now)).await?;
        let muted = store.muted_groups(due.user_id).await?;
        groups.retain(|group| !muted.contains(&group.group_id));
        if groups.is_empty() {
            return Ok(Outcome::Idle);
        }
        groups.sort_by(|one, other| {
            other.unread_count.cmp(&one.unread_count).then_with(|| one.name.cmp(&other.name))
        });
        let unsubscribe = mail.public_url.join(&format!("/unsubscribe/{}", keys.token(due.user_id)));
        let digest = Digest {
            to,
            groups: &groups,
            named: settings.named_groups,
            slot: due.slot,
            now,
            unsubscribe: &unsubscribe,
        };
        let message = match digest.message(mail) {
            Ok(message) => message,
            // What auth takes for an address and nobody can send to; as a server says it.
            Err(Unwritable::Address(_)) => return Ok(Outcome::Failed(Failure::Refused(553))),
            Err(error) => return Err(error.into()),
        };
        Ok(match mail.send(&message, settings.send_limit).await {
            Ok(()) => Outcome::Sent,
            Err(failure) => Outcome::Failed(failure),
        })
    }
}

#[async_trait]
impl Worker for SendDigests {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn perform(&self, _: &Job) -> Result<(), BoxError> {
        while self.send_batch().await? {}
        Ok(())
    }
}
