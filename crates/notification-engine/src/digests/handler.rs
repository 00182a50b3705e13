//! What a topic's leader does: a job for each group that has new messages, and each interval.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use engine_interfaces::{BoxError, GroupId, GroupMessage, RingJob, RingJobs, Term, Timestamp, TopicHandler};
use serde_json::json;

use super::{collect::Collect, schedule::Schedule};

/// How many groups are remembered as being seen to; forgetting them costs a statement each.
const REMEMBERED: usize = 10_000;

/// Causes a walk through each group that has new messages.
pub(super) struct Handler {
    schedule: Schedule,
    jobs: Arc<dyn RingJobs>,
    /// Whose job is enqueued already.
    known: Mutex<HashSet<(GroupId, Timestamp)>>,
}

impl Handler {
    pub(super) fn new(schedule: Schedule, jobs: Arc<dyn RingJobs>) -> Self {
        Self { schedule, jobs, known: Mutex::default() }
    }

    // Nothing panics while it holds the lock.
    fn known(&self) -> MutexGuard<'_, HashSet<(GroupId, Timestamp)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TopicHandler for Handler {
    async fn handle(&self, term: Term, messages: &[Arc<GroupMessage>]) -> Result<(), BoxError> {
        let mut walks: BTreeMap<_, RingJob> = BTreeMap::new();
        for message in messages {
            let (group, told_at) = (message.group_id, self.schedule.told_at(message.created_at));
            // One job for them all: it is a part of the first one's trace.
            let job = || Collect::job(group, told_at).in_trace(message.trace);
            walks.entry((group, told_at)).or_insert_with(job);
        }
        {
            let known = self.known();
            walks.retain(|walk, _| !known.contains(walk));
        }
        if walks.is_empty() {
            return Ok(());
        }
        let (walks, jobs): (Vec<_>, Vec<_>) = walks.into_iter().unzip();
        self.jobs.enqueue(term, jobs).await?;
        let mut known = self.known();
        if known.len() + walks.len() > REMEMBERED {
            known.clear();
        }
        known.extend(walks);
        Ok(())
    }
}

impl Collect {
    /// What walks through `group` at `told_at`: one job, however often it is asked for.
    fn job(group: GroupId, told_at: Timestamp) -> RingJob {
        RingJob {
            kind: Self::KIND,
            key: format!("{group}:{}", told_at.micros()),
            payload: json!({ "group_id": group }),
            run_at: told_at,
        }
    }
}
