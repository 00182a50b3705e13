//! Gives messages to the handlers until they are handled.

use std::{
    collections::HashSet,
    panic::AssertUnwindSafe,
    slice,
    sync::{Arc, Mutex, PoisonError},
};

use engine_interfaces::{BoxError, GroupMessage, Outage, RingJobsError, Term, TopicHandler, UserId};
use futures_util::{FutureExt, future::try_join_all};
use traces::{Kind, Span};

use super::{right::Right, settings::RingSettings};
use crate::meters::RINGS;

/// How many failures in a row say that the rest would fail as well, where it is not known that the handler does
/// well otherwise.
const ENOUGH_FAILURES: usize = 3;

/// The term has ended, or may have: what is in hand is another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended;

/// The handlers.
pub(crate) struct Handling {
    handlers: Vec<Handler>,
    settings: RingSettings,
}

impl Handling {
    pub(crate) fn new(handlers: Vec<Arc<dyn TopicHandler>>, settings: RingSettings) -> Self {
        let handlers = handlers.into_iter().map(|handler| Handler {
            handler,
            good: Mutex::default(),
            outage: Outage::default(),
        });
        Self { handlers: handlers.collect(), settings }
    }

    /// Returns once each handler has done with all messages.
    pub(crate) async fn handle(
        &self,
        term: Term,
        messages: &[Arc<GroupMessage>],
        right: &Right,
    ) -> Result<(), Ended> {
        let (messages, spans) = traces::carry(messages, Kind::Consumer, "process topic");
        for span in &spans {
            span.set("messaging.operation.type", "process");
            span.set("messaging.destination.name", "topic");
            span.set("messaging.destination.partition.id", term.topic.0.to_string());
            span.set("messaging.batch.message_count", messages.len() as i64);
        }
        let all = self.handlers.iter().map(|handler| handler.handle(term, &messages, right, &self.settings));
        let done = try_join_all(all).await;
        if done.is_err() {
            spans.iter().for_each(Span::fail);
        }
        done?;
        RINGS.handled.increment(messages.len() as u64);
        Ok(())
    }
}

struct Handler {
    handler: Arc<dyn TopicHandler>,
    /// The last message that it did well with. Given again where another one fails, it tells whose fault that is.
    good: Mutex<Option<(Term, Arc<GroupMessage>)>>,
    outage: Outage,
}

/// A message that is not handled yet.
struct Left<'a> {
    message: &'a Arc<GroupMessage>,
    /// How often it failed while the handler did well otherwise.
    failures: u32,
}

impl Handler {
    /// All at once; where that fails one by one, so that one message that can't be handled is found.
    async fn handle(
        &self,
        term: Term,
        messages: &[Arc<GroupMessage>],
        right: &Right,
        settings: &RingSettings,
    ) -> Result<(), Ended> {
        if self.attempt(term, messages, right).await? {
            return Ok(());
        }
        let mut left: Vec<_> = messages.iter().map(|message| Left { message, failures: 0 }).collect();
        for pause in settings.pauses() {
            tokio::time::sleep(pause).await;
            left = self.one_by_one(term, left, right, settings.attempts).await?;
            if left.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Answers those that are left. What an author sent later waits for what they sent earlier.
    async fn one_by_one<'a>(
        &self,
        term: Term,
        messages: Vec<Left<'a>>,
        right: &Right,
        attempts: u32,
    ) -> Result<Vec<Left<'a>>, Ended> {
        let (mut waiting, mut in_a_row): (HashSet<Option<UserId>>, _) = (HashSet::new(), 0);
        let mut left = Vec::new();
        for mut entry in messages {
            if in_a_row >= ENOUGH_FAILURES || waiting.contains(&entry.message.user_id) {
                left.push(entry);
                continue;
            }
            if self.attempt(term, slice::from_ref(entry.message), right).await? {
                in_a_row = 0;
                continue;
            }
            match self.does_well_otherwise().await {
                Some(true) => entry.failures += 1,
                Some(false) => in_a_row = ENOUGH_FAILURES,
                None => in_a_row += 1,
            }
            if entry.failures >= attempts {
                pass_over(term, entry.message);
                continue;
            }
            waiting.insert(entry.message.user_id);
            left.push(entry);
        }
        Ok(left)
    }

    /// Whether it does well with what it did well with before; none where nothing is known.
    async fn does_well_otherwise(&self) -> Option<bool> {
        let good = self.good.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (term, message) = good?;
        match self.call(term, slice::from_ref(&message)).await {
            Ok(()) => Some(true),
            Err(error) if has_ended(&error) => {
                *self.good.lock().unwrap_or_else(PoisonError::into_inner) = None;
                None
            }
            Err(_) => Some(false),
        }
    }

    /// A panic is an error.
    async fn call(&self, term: Term, messages: &[Arc<GroupMessage>]) -> Result<(), BoxError> {
        let called = AssertUnwindSafe(self.handler.handle(term, messages)).catch_unwind().await;
        called.unwrap_or_else(|_| Err("the handler panicked".into()))
    }

    /// Whether it did well.
    async fn attempt(
        &self,
        term: Term,
        messages: &[Arc<GroupMessage>],
        right: &Right,
    ) -> Result<bool, Ended> {
        if !right.holds() {
            return Err(Ended);
        }
        match self.call(term, messages).await {
            Ok(()) => {
                let good = messages.last().map(|message| (term, Arc::clone(message)));
                *self.good.lock().unwrap_or_else(PoisonError::into_inner) = good;
                if self.outage.ends() {
                    tracing::info!(topic = term.topic.0, "messages of topics are handled again");
                }
                Ok(true)
            }
            Err(error) if has_ended(&error) => Err(Ended),
            Err(error) => {
                RINGS.failures.increment(1);
                if self.outage.begins() {
                    tracing::warn!(
                        topic = term.topic.0,
                        error = error.as_ref() as &dyn std::error::Error,
                        "messages of a topic can't be handled: they are tried again"
                    );
                }
                Ok(false)
            }
        }
    }
}

fn has_ended(error: &BoxError) -> bool {
    matches!(error.downcast_ref(), Some(RingJobsError::TermEnded))
}

fn pass_over(term: Term, message: &GroupMessage) {
    RINGS.passed_over.increment(1);
    tracing::error!(
        topic = term.topic.0,
        group.id = %message.group_id,
        message.id = %message.id,
        "a message is passed over: it failed again and again, and others did not"
    );
}
