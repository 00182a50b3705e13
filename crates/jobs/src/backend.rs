//! The jobs of one kind in one copy of the table, as apalis takes them.
//!
//! This implements apalis's `Backend` itself and not its `Persistence`: that one stops a worker for good at
//! the first failed statement, and writes down what became of a job only when it next looks for more.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll, ready},
};

use apalis_core::{
    backend::{Backend, BackendConfig, finalize::Ephemeral},
    task::Task,
    worker::context::WorkerContext,
};
use database::StoreError;
use engine_interfaces::{JobId, Worker};
use futures_util::{FutureExt, future::BoxFuture};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Interval, MissedTickBehavior, interval},
};

use crate::{Settings, Store, Taken, keeper::KeepLayer};

/// A job in hand, and the slot that it fills until it is over.
pub(crate) struct InHand {
    pub(crate) taken: Taken,
    _slot: OwnedSemaphorePermit,
}

/// The jobs of one kind in one copy of the table.
///
/// Takes no more than can run at once, so that no lease runs while its job only waits. A database that is
/// away is asked again at the next tick; the worker never ends because of it.
pub(crate) struct JobsBackend {
    store: Store,
    kind: &'static str,
    settings: Arc<Settings>,
    slots: Arc<Semaphore>,
    tick: Interval,
    /// The last look found as much as it asked for: there may be more, so the next one waits for no tick.
    more: bool,
    taking: Option<Taking>,
    taken: VecDeque<Taken>,
    releasing: Option<BoxFuture<'static, ()>>,
}

/// A look for due jobs, and how many it asked for.
struct Taking {
    asked: usize,
    look: BoxFuture<'static, Result<Vec<Taken>, StoreError>>,
}

impl JobsBackend {
    pub(crate) fn new(store: Store, worker: &dyn Worker, settings: Arc<Settings>) -> Self {
        let mut tick = interval(settings.poll);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            slots: Arc::new(Semaphore::new(worker.concurrency().unwrap_or(settings.concurrency))),
            store,
            kind: worker.kind(),
            settings,
            tick,
            more: false,
            taking: None,
            taken: VecDeque::new(),
            releasing: None,
        }
    }

    /// Asks for as many jobs as there are free slots.
    fn take(&mut self, free: usize) {
        let (store, kind) = (self.store.clone(), self.kind);
        self.taking = Some(Taking { asked: free, look: async move { store.take(kind, free).await }.boxed() });
    }

    /// Waits for the look that is going on, if any, and keeps what it took.
    fn poll_taking(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(taking) = &mut self.taking else {
            return Poll::Ready(());
        };
        let result = ready!(taking.look.poll_unpin(cx));
        let asked = taking.asked;
        self.taking = None;
        match result {
            Ok(taken) => {
                if self.store.outage.ends() {
                    tracing::info!("jobs are taken again");
                }
                self.more = taken.len() == asked;
                self.taken.extend(taken);
            }
            Err(error) => {
                self.more = false;
                if self.store.outage.begins() {
                    tracing::warn!(job.kind = self.kind, error = %crate::chain(&error), "no jobs can be taken");
                }
            }
        }
        Poll::Ready(())
    }

    /// The next job that was taken, if there is one and a slot for it.
    fn next(&mut self) -> Option<InHand> {
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok()?;
        let taken = self.taken.pop_front()?;
        Some(InHand { taken, _slot: slot })
    }
}

impl Backend for JobsBackend {
    type Task = Task<InHand>;
    type Error = Infallible;

    fn poll_ready(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Option<Result<Self::Task, Infallible>>> {
        loop {
            ready!(self.poll_taking(cx));
            if let Some(in_hand) = self.next() {
                return Poll::Ready(Some(Ok(Task::new(in_hand))));
            }
            let free = self.slots.available_permits();
            if free == 0 {
                // The job that ends wakes this worker.
                self.more = true;
                return Poll::Pending;
            }
            if !self.more {
                // Polled until it is pending, and so the wake-up is in place, however long a look took.
                ready!(self.tick.poll_tick(cx));
            }
            self.take(free);
        }
    }

    /// Gives back what was taken and not begun.
    fn poll_close(&mut self, cx: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        ready!(self.poll_taking(cx));
        if !self.taken.is_empty() {
            let (store, taken) = (self.store.clone(), std::mem::take(&mut self.taken));
            let release = async move {
                for Taken { lease, job } in taken {
                    if let Err(error) = store.release(lease).await {
                        // Its lease runs out.
                        tracing::warn!(job.id = %job.id, error = %crate::chain(&error), "a job was not given back");
                    }
                }
            };
            self.releasing = Some(release.boxed());
        }
        if let Some(releasing) = &mut self.releasing {
            ready!(releasing.poll_unpin(cx));
            self.releasing = None;
        }
        Poll::Ready(Ok(()))
    }
}

impl BackendConfig for JobsBackend {
    type Args = InHand;
    type Id = JobId;
    type Kind = Ephemeral;
    type Config = Settings;
    type Layer = KeepLayer;

    fn config(&self) -> &Settings {
        &self.settings
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> KeepLayer {
        KeepLayer::new(self.store.clone(), self.kind, self.settings.renew)
    }
}
