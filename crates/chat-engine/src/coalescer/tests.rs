//! Tests of the coalescer, over work that waits until the test lets it go on.

use std::{sync::Arc, time::Duration};

use engine_interfaces::{ChatError, GroupId};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::{Coalescer, Lanes, Work};

/// Answers each ask with the size of its batch, when the test gives leave.
struct Counted {
    leave: Arc<Semaphore>,
    batches: mpsc::UnboundedSender<Vec<u128>>,
}

impl Work for Counted {
    type Ask = u128;
    type Done = usize;

    const NAME: &'static str = "test";

    fn group(ask: &u128) -> GroupId {
        GroupId(Uuid::from_u128(*ask))
    }

    async fn perform(&self, asks: Vec<u128>) -> Vec<Result<usize, ChatError>> {
        let size = asks.len();
        self.batches.send(asks).unwrap();
        self.leave.acquire().await.unwrap().forget();
        (0..size).map(|_| Ok(size)).collect()
    }
}

struct Test {
    coalescer: Arc<Coalescer<Counted>>,
    leave: Arc<Semaphore>,
    batches: mpsc::UnboundedReceiver<Vec<u128>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

fn start(lanes: Lanes) -> Test {
    let (sender, batches) = mpsc::unbounded_channel();
    let leave = Arc::new(Semaphore::new(0));
    let work = Counted { leave: Arc::clone(&leave), batches: sender };
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    Test { coalescer: Arc::new(Coalescer::start(work, lanes, &tasks, &stop)), leave, batches, stop, tasks }
}

fn one_lane() -> Lanes {
    Lanes { count: 1, queue: 2_048, batch: 128, one_group: false, timeout: Duration::from_secs(10) }
}

impl Test {
    /// Asks, and waits until the writer has the first and the others are queued.
    async fn ask_all(&mut self, asks: &[u128]) -> Vec<tokio::task::JoinHandle<Result<usize, ChatError>>> {
        let mut calls = Vec::new();
        for ask in asks {
            let (coalescer, ask) = (Arc::clone(&self.coalescer), *ask);
            calls.push(tokio::spawn(async move { coalescer.ask(ask).await }));
            // One after the other, so that they are queued in this order.
            tokio::task::yield_now().await;
        }
        calls
    }

    async fn sizes(mut self, count: usize) -> Vec<usize> {
        self.leave.add_permits(count);
        let mut sizes = Vec::new();
        for _ in 0..count {
            sizes.push(self.batches.recv().await.unwrap().len());
        }
        sizes
    }
}

#[tokio::test]
async fn who_comes_alone_waits_for_nobody() {
    let test = start(one_lane());
    test.leave.add_permits(1);
    assert_eq!(test.coalescer.ask(1).await.unwrap(), 1);
}

#[tokio::test]
async fn what_gathers_while_a_statement_runs_is_done_by_the_next() {
    let mut test = start(one_lane());
    test.ask_all(&[7]).await;
    test.ask_all(&[7; 200]).await;
    assert_eq!(test.sizes(3).await, [1, 128, 72]);
}

#[tokio::test]
async fn what_gathers_of_several_groups_is_done_by_one_statement() {
    let mut test = start(Lanes { batch: 32, ..one_lane() });
    test.ask_all(&[7]).await;
    let asks: Vec<_> = (0..70).collect();
    test.ask_all(&asks).await;
    assert_eq!(test.sizes(4).await, [1, 32, 32, 6]);
}

#[tokio::test]
async fn batches_of_one_group_never_mix() {
    let mut test = start(Lanes { one_group: true, ..one_lane() });
    test.ask_all(&[7]).await;
    test.ask_all(&[7, 7, 8, 7]).await;
    assert_eq!(test.sizes(4).await, [1, 2, 1, 1]);
}

#[tokio::test]
async fn a_caller_that_hangs_up_changes_nothing() {
    let mut test = start(one_lane());
    let calls = test.ask_all(&[7, 7, 7]).await;
    for call in &calls {
        call.abort();
    }
    assert_eq!(test.sizes(2).await, [1, 2]);
}

#[tokio::test]
async fn past_its_limit_the_queue_refuses() {
    let mut test = start(Lanes { queue: 2, ..one_lane() });
    test.ask_all(&[7, 7, 7]).await;
    assert!(matches!(test.coalescer.ask(7).await, Err(ChatError::Busy)));
}

#[tokio::test]
async fn what_is_queued_is_done_before_the_end() {
    let mut test = start(one_lane());
    let calls = test.ask_all(&[7, 7, 7]).await;
    test.stop.cancel();
    test.leave.add_permits(2);
    test.tasks.close();
    test.tasks.wait().await;
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert!(matches!(test.coalescer.ask(7).await, Err(ChatError::Busy)));
}
