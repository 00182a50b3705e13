//! One writer or reader, and its queue.

use std::sync::Arc;

use metrics::{Gauge, Histogram};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::meters;

use super::{Lanes, Waiting, Work};

/// One writer or reader, and its queue.
pub(super) struct Lane<W: Work> {
    work: Arc<W>,
    /// The most that one statement holds.
    batch: usize,
    one_group: bool,
    queue: mpsc::Receiver<Waiting<W>>,
    /// What was taken from the queue and did not fit the last batch: it begins the next.
    held: Option<Waiting<W>>,
    depth: Gauge,
    /// Of the batches.
    size: Histogram,
}

impl<W: Work> Lane<W> {
    pub(super) fn new(
        number: usize,
        work: Arc<W>,
        lanes: Lanes,
        queue: mpsc::Receiver<Waiting<W>>,
        size: Histogram,
    ) -> Self {
        Self {
            work,
            batch: lanes.batch.max(1),
            one_group: lanes.one_group,
            queue,
            held: None,
            depth: meters::depth(W::NAME, number),
            size,
        }
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
        self.size.record(batch as f64);
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

    /// What fits one statement.
    fn gather(&mut self, first: Waiting<W>) -> Vec<Waiting<W>> {
        let group = W::group(&first.ask);
        let mut batch = vec![first];
        while let Ok(next) = self.queue.try_recv() {
            if batch.len() >= self.batch || (self.one_group && W::group(&next.ask) != group) {
                self.held = Some(next);
                break;
            }
            batch.push(next);
        }
        batch
    }
}
