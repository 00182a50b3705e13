//! Tells the broker what was stored.
//!
//! A bounded queue lies between: no answer waits for the broker, and what does not fit is dropped, since the
//! outbox remembers it and the sweep tells of it. One task announces, in the order of storing. Another marks
//! in the outbox what was announced, many ranges at a time.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use engine_interfaces::{Broker, GroupId, GroupMessage};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use traces::{Kind, Span};

use crate::{context::Context, meters::METERS, store::OutboxRange};

/// The most statements whose messages are handed to the broker at once.
const ANNOUNCE_AT_ONCE: usize = 64;
/// The most ranges that are marked in one transaction, and that wait for it.
const MARK_AT_ONCE: usize = 1_024;
/// How long marks are gathered; well below the age at which the sweep would announce again.
const MARK_EVERY: Duration = Duration::from_millis(200);

/// The way to the broker. Its tasks end when it is dropped, once its queue is empty.
pub(crate) struct Announcer {
    queue: mpsc::Sender<Vec<Arc<GroupMessage>>>,
}

impl Announcer {
    pub(crate) fn start(context: &Context, tasks: &TaskTracker, stop: &CancellationToken) -> Self {
        let (queue, announced) = mpsc::channel(context.settings.announce_queue.max(1));
        let (marks, marked) = mpsc::channel(MARK_AT_ONCE);
        tasks.spawn(announce(Arc::clone(&context.broker), announced, marks));
        tasks.spawn(mark(context.clone(), marked, stop.clone()));
        Self { queue }
    }

    /// Hands over what one statement stored, group by group, in the order of `seq`.
    pub(crate) fn announce(&self, messages: Vec<Arc<GroupMessage>>) {
        if messages.is_empty() {
            return;
        }
        if let Err(mpsc::error::TrySendError::Full(messages) | mpsc::error::TrySendError::Closed(messages)) =
            self.queue.try_send(messages)
        {
            dropped(messages.len());
        }
    }
}

/// Counts hints that were not given. The sweep gives them.
fn dropped(count: usize) {
    METERS.hints_dropped.increment(count as u64);
}

async fn announce(
    broker: Arc<dyn Broker>,
    mut queue: mpsc::Receiver<Vec<Arc<GroupMessage>>>,
    marks: mpsc::Sender<OutboxRange>,
) {
    let mut taken = Vec::with_capacity(ANNOUNCE_AT_ONCE);
    while queue.recv_many(&mut taken, ANNOUNCE_AT_ONCE).await > 0 {
        METERS.announcements.set(queue.len() as f64);
        let ranges: Vec<_> = taken.iter().flat_map(|messages| ranges(messages)).collect();
        let messages: Vec<_> = taken.drain(..).flatten().collect();
        fail_points::reach("announce.gathered");
        let (messages, spans) = traces::carry(&messages, Kind::Producer, "publish message");
        for span in &spans {
            span.set("messaging.operation.type", "send");
            span.set("messaging.destination.name", "routing");
            span.set("messaging.batch.message_count", messages.len() as i64);
        }
        match broker.announce(&messages).await {
            Ok(()) => {
                fail_points::reach("announce.published");
                for range in ranges {
                    // Where a mark finds no room, the sweep announces once more, which is harmless.
                    let _ = marks.try_send(range);
                }
            }
            Err(error) => {
                dropped(messages.len());
                spans.iter().for_each(Span::fail);
                tracing::debug!(error = &error as &dyn std::error::Error, "hints are left to the sweep");
            }
        }
    }
}

/// The outbox ranges of what one statement stored: one for each group.
fn ranges(messages: &[Arc<GroupMessage>]) -> impl Iterator<Item = OutboxRange> {
    let mut ranges: BTreeMap<GroupId, OutboxRange> = BTreeMap::new();
    for message in messages {
        let seq = message.seq.0;
        ranges
            .entry(message.group_id)
            .and_modify(|range| range.last = range.last.max(seq))
            .or_insert(OutboxRange { group: message.group_id, first: seq, last: seq });
    }
    ranges.into_values()
}

async fn mark(context: Context, mut marks: mpsc::Receiver<OutboxRange>, stop: CancellationToken) {
    let mut ranges = Vec::with_capacity(MARK_AT_ONCE);
    while marks.recv_many(&mut ranges, MARK_AT_ONCE).await > 0 {
        fail_points::reach("announce.marking");
        if let Err(error) = context.store.mark_published(&ranges, context.clock.now()).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the outbox is not marked: hints will be given again"
            );
        }
        fail_points::reach("announce.marked");
        ranges.clear();
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(MARK_EVERY) => {}
        }
    }
}
