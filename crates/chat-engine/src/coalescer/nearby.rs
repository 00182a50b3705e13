//! Lanes on the runtime of who asks.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use engine_interfaces::ChatError;
use tokio::runtime::{Handle, Id};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Coalescer, Lanes, Work};

/// Gathers what callers ask for, on each runtime by itself: each HTTP thread has one, so that neither an ask nor its
/// answer has to wake another thread. For work that several may do at once to one group. A runtime that has ended leaves
/// a few words behind.
pub(crate) struct Nearby<W: Work> {
    work: Arc<W>,
    /// Of each runtime.
    lanes: Lanes,
    tasks: TaskTracker,
    stop: CancellationToken,
    coalescers: RwLock<HashMap<Id, Arc<Coalescer<W>>>>,
}

impl<W: Work> Nearby<W> {
    /// A runtime's lanes start when it asks for the first time, and end as those of [`Coalescer::start`] do.
    pub(crate) fn new(work: W, lanes: Lanes, tasks: &TaskTracker, stop: &CancellationToken) -> Self {
        Self {
            work: Arc::new(work),
            lanes,
            tasks: tasks.clone(),
            stop: stop.clone(),
            coalescers: RwLock::default(),
        }
    }

    /// As [`Coalescer::ask`].
    pub(crate) async fn ask(&self, ask: W::Ask) -> Result<W::Done, ChatError> {
        self.here().ok_or(ChatError::Busy)?.ask(ask).await
    }

    /// This runtime's; none where it would have to start and the engine drains.
    fn here(&self) -> Option<Arc<Coalescer<W>>> {
        let runtime = Handle::current().id();
        let started = self.coalescers.read().unwrap_or_else(PoisonError::into_inner).get(&runtime).cloned();
        if started.is_some() || self.stop.is_cancelled() {
            return started;
        }
        let mut coalescers = self.coalescers.write().unwrap_or_else(PoisonError::into_inner);
        let others = coalescers.len() * self.lanes.count;
        let start = || Coalescer::start_after(others, &self.work, self.lanes, &self.tasks, &self.stop);
        Some(Arc::clone(coalescers.entry(runtime).or_insert_with(|| Arc::new(start()))))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        thread::{self, ThreadId},
        time::Duration,
    };

    use engine_interfaces::GroupId;
    use uuid::Uuid;

    use super::*;

    /// Answers with the thread that performs.
    struct Where;

    impl Work for Where {
        type Ask = ();
        type Done = ThreadId;

        const NAME: &'static str = "nearby";

        fn group((): &()) -> GroupId {
            GroupId(Uuid::nil())
        }

        async fn perform(&self, asks: Vec<()>) -> Vec<Result<ThreadId, ChatError>> {
            asks.iter().map(|()| Ok(thread::current().id())).collect()
        }
    }

    fn nearby(stop: &CancellationToken) -> Arc<Nearby<Where>> {
        let lanes =
            Lanes { count: 2, queue: 8, batch: 8, one_group: false, timeout: Duration::from_secs(10) };
        Arc::new(Nearby::new(Where, lanes, &TaskTracker::new(), stop))
    }

    /// Asks on a thread with a runtime of its own, which ends. Answers that thread and the one that performed.
    fn ask_elsewhere(nearby: &Arc<Nearby<Where>>) -> (ThreadId, Result<ThreadId, ChatError>) {
        let nearby = Arc::clone(nearby);
        let asking = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            (thread::current().id(), runtime.block_on(nearby.ask(())))
        });
        asking.join().unwrap()
    }

    #[test]
    fn each_runtime_performs_what_it_asks_though_another_has_ended() {
        let nearby = nearby(&CancellationToken::new());
        for _ in 0..3 {
            let (asked, performed) = ask_elsewhere(&nearby);
            assert_eq!(performed.unwrap(), asked);
        }
    }

    #[test]
    fn once_it_is_stopped_no_runtime_starts() {
        let stop = CancellationToken::new();
        let nearby = nearby(&stop);
        assert!(ask_elsewhere(&nearby).1.is_ok());
        stop.cancel();
        assert!(matches!(ask_elsewhere(&nearby).1, Err(ChatError::Busy)));
    }
}
