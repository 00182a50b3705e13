//! Walks through a group's members, and notes who is to be told.

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use database::jobs::NewJob;
use engine_interfaces::{BoxError, GroupId, Job, JobId, Timestamp, UserId, Worker};
use serde::Deserialize;
use serde_json::Value;

use super::{Context, send::SendDigests};

/// Walks through a group's members, in steps.
pub(super) struct Collect {
    context: Arc<Context>,
}

/// What a job says.
#[derive(Deserialize)]
struct Payload {
    group_id: GroupId,
}

impl Collect {
    pub(super) const KIND: &'static str = "notifications.collect";

    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Notes those of `members` who are away, and want to hear of the group.
    async fn note(&self, group: GroupId, members: &[UserId], now: Timestamp) -> Result<(), BoxError> {
        let Context { store, settings, schedule, .. } = &*self.context;
        let here = store.seen_since(members, now.minus(settings.away_after)).await?;
        let deaf = store.muted(group, members).await?;
        let unwilling = store.unwilling(members).await?;
        let not: HashSet<_> = [here, deaf, unwilling].into_iter().flatten().collect();
        let told: Vec<_> = members.iter().copied().filter(|member| !not.contains(member)).collect();
        // The interval in which it is sent, and not the one that ended: jobs that come late are one mail.
        Ok(store.call_for_digests(told, schedule.slot(now), now).await?)
    }
}

#[async_trait]
impl Worker for Collect {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn perform(&self, job: &Job) -> Result<(), BoxError> {
        let Payload { group_id } = serde_json::from_value(job.payload.clone())?;
        let Context { store, clock, unread, schedule, settings, .. } = &*self.context;
        let mut after = None;
        loop {
            let now = clock.now();
            let until = schedule.unread_since(now);
            let members = unread.unread_members(group_id, until, after, settings.members_a_step).await?;
            if !members.is_empty() {
                self.note(group_id, &members, now).await?;
            }
            after = members.last().copied();
            if members.len() < settings.members_a_step {
                break;
            }
        }
        // Where this is lost, the next minute's job does the same.
        let (id, now) = (JobId(clock.new_id()), clock.now());
        let send = NewJob::new(id, SendDigests::KIND, job.key.clone(), &Value::Null, now, now);
        Ok(store.enqueue(send).await?)
    }
}
