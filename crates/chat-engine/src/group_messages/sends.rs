//! What a writer does with the messages that have gathered.

use std::{sync::Arc, time::Duration};

use database::StoreError;
use engine_interfaces::{BoxError, ChatError, GroupId, GroupMessage, Sent, Timestamp};
use traces::{Kind, Span};

use crate::{
    announcer::Announcer,
    coalescer::Work,
    context::Context,
    meters::METERS,
    store::{NewMessage, Outcome},
};

/// How often a statement is tried whose connection is lost, or that waited for a lock too long.
const ATTEMPTS: u32 = 3;
/// How long a writer waits before it tries again: a connection that broke is replaced at once, a server that
/// restarts takes a moment.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// Stores, answers and announces messages.
pub(crate) struct Sends {
    context: Context,
    announcer: Announcer,
}

impl Sends {
    pub(crate) fn new(context: &Context, announcer: Announcer) -> Self {
        Self { context: context.clone(), announcer }
    }

    /// A span of the statement in each trace that is recorded, with the number of its message, which goes on within
    /// it. One statement stores for several.
    fn storing(&self, news: &mut [NewMessage]) -> Vec<(Span, usize)> {
        let size = news.len() as i64;
        let traced = news.iter_mut().enumerate().filter_map(|(number, new)| {
            let span = Span::within(new.trace?, Kind::Client, "store messages");
            span.set("db.system.name", self.context.store.database().system());
            span.set("db.operation.batch.size", size);
            span.set("parlour.group.id", new.group_id.to_string());
            span.set("messaging.message.id", new.id.to_string());
            new.trace = span.traceparent().or(new.trace);
            Some((span, number))
        });
        traced.collect()
    }

    /// Stores `news` in one statement, or each in its own where the statement is refused for one of them.
    async fn store(&self, news: &[NewMessage]) -> Vec<Result<Outcome, Arc<StoreError>>> {
        match self.try_store(news).await {
            Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
            Err(StoreError::Refused(_) | StoreError::Taken { .. }) if news.len() > 1 => {
                let mut outcomes = Vec::with_capacity(news.len());
                for new in news {
                    let alone = self.try_store(std::slice::from_ref(new)).await;
                    outcomes.push(match alone {
                        Ok(outcome) => outcome.first().copied().ok_or_else(no_answer),
                        Err(error) => Err(Arc::new(error)),
                    });
                }
                outcomes
            }
            Err(error) => {
                let error = Arc::new(error);
                news.iter().map(|_| Err(Arc::clone(&error))).collect()
            }
        }
    }

    /// Repeats the statement where it is unknown what came of it: the ids make that harmless.
    async fn try_store(&self, news: &[NewMessage]) -> Result<Vec<Outcome>, StoreError> {
        let now = self.context.clock.now();
        let mut attempt = 1;
        loop {
            match fail_points::underway("send.underway", self.context.store.send(news, now)).await {
                Err(StoreError::Unavailable(error)) if attempt < ATTEMPTS => {
                    tracing::warn!(error = error.as_ref(), attempt, "messages are not stored yet");
                    attempt += 1;
                    tokio::time::sleep(RETRY_AFTER).await;
                }
                Ok(outcomes) if attempt > 1 => {
                    return Ok(outcomes.into_iter().map(|one| own(one, now)).collect());
                }
                answered => return answered,
            }
        }
    }
}

/// After a repeated statement: what is there since this batch began was stored by its first attempt, whose
/// answer was lost, and is no replay.
fn own(outcome: Outcome, began: Timestamp) -> Outcome {
    match outcome {
        Outcome::Replayed(place) if place.created_at >= began => Outcome::Stored(place),
        other => other,
    }
}

fn no_answer() -> Arc<StoreError> {
    Arc::new(StoreError::unavailable("the store gave no answer"))
}

impl Work for Sends {
    type Ask = NewMessage;
    type Done = Sent;

    const NAME: &'static str = "sends";

    fn group(ask: &NewMessage) -> GroupId {
        ask.group_id
    }

    fn queued() {
        fail_points::reach("send.queued");
    }

    async fn perform(&self, mut asks: Vec<NewMessage>) -> Vec<Result<Sent, ChatError>> {
        fail_points::reach("send.gathered");
        let spans = self.storing(&mut asks);
        let outcomes = self.store(&asks).await;
        fail_points::reach("send.committed");
        for (span, number) in spans {
            if matches!(outcomes.get(number), Some(Err(_))) {
                span.fail();
            }
        }
        let answers: Vec<_> =
            asks.into_iter().zip(outcomes).map(|(new, outcome)| answer(new, outcome)).collect();
        let stored = answers.iter().flatten().filter(|sent| !sent.replayed);
        let mut stored: Vec<_> = stored.map(|sent| Arc::clone(&sent.message)).collect();
        stored.sort_by_key(|message| (message.group_id, message.seq));
        self.context.recent.extend(&stored);
        self.announcer.announce(stored);
        fail_points::reach("send.announcing");
        answers
    }
}

fn answer(new: NewMessage, outcome: Result<Outcome, Arc<StoreError>>) -> Result<Sent, ChatError> {
    let (counted, answer) = match outcome {
        Ok(Outcome::Stored(place)) => (&METERS.stored, Ok((place, false))),
        Ok(Outcome::Replayed(place)) => (&METERS.replayed, Ok((place, true))),
        Ok(Outcome::Conflict) => (&METERS.conflicts, Err(ChatError::IdTaken)),
        Ok(Outcome::NotMember) => (&METERS.not_members, Err(ChatError::GroupNotFound(new.group_id))),
        Err(error) => (&METERS.failed, Err(ChatError::Unavailable(BoxError::from(error)))),
    };
    counted.increment(1);
    let (place, replayed) = answer?;
    let message = Arc::new(GroupMessage {
        id: new.id,
        group_id: new.group_id,
        user_id: Some(new.user_id),
        seq: place.seq,
        message: Some(new.message),
        erased: false,
        created_at: place.created_at,
        updated_at: place.created_at,
        trace: new.trace,
    });
    Ok(Sent { message, replayed })
}
