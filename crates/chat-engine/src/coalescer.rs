//! What is asked at once becomes one statement.
//!
//! Groups are hashed to lanes, each a task with a bounded queue: writers, or readers. It performs what has gathered in its
//! queue as soon as its last statement has returned. No timer is involved: who comes alone waits for nobody,
//! and the busier it gets the more is done by one statement. Only the lane performs and answers; a caller
//! that stops waiting changes nothing.

mod lane;
mod nearby;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use engine_interfaces::{ChatError, GroupId, Slot};
use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::meters::QueueMeters;

use self::lane::Lane;

pub(crate) use self::nearby::Nearby;

/// What is gathered, and what is done with it.
pub(crate) trait Work: Send + Sync + 'static {
    /// What a caller asks for.
    type Ask: Send + 'static;
    /// What the caller gets.
    type Done: Send + 'static;

    /// How its metrics name it.
    const NAME: &'static str;

    /// The group that it is about: what is asked of one group is done in the order of asking.
    fn group(ask: &Self::Ask) -> GroupId;

    /// An ask waits in the queue: a point at which tests let the process die.
    fn queued() {}

    /// Does all of it, and answers each in the same order.
    fn perform(
        &self,
        asks: Vec<Self::Ask>,
    ) -> impl Future<Output = Vec<Result<Self::Done, ChatError>>> + Send;
}

/// How work is gathered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lanes {
    /// How many lanes there are; each has one statement under way.
    pub(crate) count: usize,
    /// How much may wait in each.
    pub(crate) queue: usize,
    /// The most that one statement holds.
    pub(crate) batch: usize,
    /// A statement is about one group only.
    pub(crate) one_group: bool,
    /// The longest that a caller waits.
    pub(crate) timeout: Duration,
}

/// An ask, and who waits for the answer.
struct Waiting<W: Work> {
    ask: W::Ask,
    reply: oneshot::Sender<Result<W::Done, ChatError>>,
}

/// Gathers what callers ask for.
pub(crate) struct Coalescer<W: Work> {
    lanes: Vec<mpsc::Sender<Waiting<W>>>,
    timeout: Duration,
    meters: QueueMeters,
}

impl<W: Work> Coalescer<W> {
    /// Starts the lanes. They end when `stop` is cancelled or this value is dropped, once their queues are
    /// empty.
    pub(crate) fn start(work: W, lanes: Lanes, tasks: &TaskTracker, stop: &CancellationToken) -> Self {
        Self::start_after(0, &Arc::new(work), lanes, tasks, stop)
    }

    /// The same beside `others`, which are lanes with the same name.
    fn start_after(
        others: usize,
        work: &Arc<W>,
        lanes: Lanes,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let meters = QueueMeters::new(W::NAME);
        let senders = (others..others + lanes.count).map(|number| {
            let (sender, queue) = mpsc::channel(lanes.queue.max(1));
            let lane = Lane::new(number, Arc::clone(work), lanes, queue, meters.batch.clone());
            tasks.spawn(lane.run(stop.clone()));
            sender
        });
        Self { lanes: senders.collect(), timeout: lanes.timeout, meters }
    }

    /// Waits until it is done. `Busy` when too many wait already, or the engine drains: nothing was done. After
    /// `TimedOut` it may be done all the same.
    pub(crate) async fn ask(&self, ask: W::Ask) -> Result<W::Done, ChatError> {
        let began = Instant::now();
        let lane = usize::from(Slot::of(W::group(&ask)).0) % self.lanes.len();
        let (reply, answer) = oneshot::channel();
        let lane = self.lanes.get(lane).ok_or(ChatError::Busy)?;
        if lane.try_send(Waiting { ask, reply }).is_err() {
            self.meters.refused.increment(1);
            return Err(ChatError::Busy);
        }
        W::queued();
        let answer = tokio::time::timeout(self.timeout, answer).await;
        self.meters.duration.record(began.elapsed());
        match answer {
            Ok(Ok(answer)) => answer,
            _ => Err(ChatError::TimedOut),
        }
    }
}

#[cfg(test)]
mod tests;
