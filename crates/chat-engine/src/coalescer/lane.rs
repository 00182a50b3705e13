//! One writer and its queue.

use std::sync::Arc;

use metrics::{Gauge, Histogram};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{meters, settings::Settings};

use super::{Waiting, Work};

/// The most that one statement holds.
#[derive(Clone, Copy)]
struct Limits {
    one_group: usize,
    many_groups: usize,
}

/// One writer and its queue.
pub(super) struct Lane<W: Work> {
    work: Arc<W>,
    limits: Limits,
    queue: mpsc::Receiver<Waiting<W>>,
    /// What was taken from the queue and did not fit the last batch: it begins the next.
    held: Option<Waiting<W>>,
    depth: Gauge,
    batch: Histogram,
}

impl<W: Work> Lane<W> {
    pub(super) fn new(
        number: usize,
        work: Arc<W>,
        settings: &Settings,
        queue: mpsc::Receiver<Waiting<W>>,
        batch: Histogram,
    ) -> Self {
        let many_groups = if settings.one_group_batches { 0 } else { settings.batch_many_groups };
        let limits = Limits { one_group: settings.batch_one_group, many_groups };
        Self { work, limits, queue, held: None, depth: meters::depth(W::NAME, number), batch }
    }

    /// Performs what is asked until nobody can ask any more.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        while let Some(first) = self.first(&stop).await {
            let (asks, replies): (Vec<_>, Vec<_>) =
                self.gather(first).into_iter().map(|waiting| (waiting.ask, waiting.reply)).unzip();
            self.measure(asks.len());
            for (reply, answer) in replies.into_iter().zip(self.work.perform(asks).await) {
                // The caller may have hung up.
                let _ = reply.send(answer);
            }
        }
    }

    fn measure(&self, batch: usize) {
        self.depth.set(self.queue.len() as f64);
        self.batch.record(batch as f64);
    }

    async fn first(&mut self, stop: &CancellationToken) -> Option<Waiting<W>> {
        if let Some(held) = self.held.take() {
            return Some(held);
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => {
                self.queue.close();
                self.queue.recv().await
            }
            first = self.queue.recv() => first,
        }
    }

    /// What fits one statement: many of one group, or fewer of several.
    fn gather(&mut self, first: Waiting<W>) -> Vec<Waiting<W>> {
        let group = W::group(&first.ask);
        let mut one_group = true;
        let mut batch = vec![first];
        while let Ok(next) = self.queue.try_recv() {
            let still_one = one_group && W::group(&next.ask) == group;
            let most = if still_one { self.limits.one_group } else { self.limits.many_groups };
            if batch.len() >= most {
                self.held = Some(next);
                break;
            }
            one_group = still_one;
            batch.push(next);
        }
        batch
    }
}
