//! Removes the rows of a deleted group.

use async_trait::async_trait;
use database::jobs::NewJob;
use engine_interfaces::{BoxError, GroupId, Job, JobId, Timestamp, UserResource, Worker};
use serde::Deserialize;

use crate::context::Context;

/// Removes the rows of a deleted group, a piece at a time; begun again, it goes on where it was.
pub(crate) struct DeleteGroup {
    context: Context,
}

#[derive(Deserialize)]
struct Payload {
    group_id: GroupId,
}

impl DeleteGroup {
    pub(crate) const KIND: &'static str = "chat.delete_group";

    pub(crate) fn new(context: &Context) -> Self {
        Self { context: context.clone() }
    }

    pub(crate) fn job(id: JobId, group: GroupId, now: Timestamp) -> NewJob {
        let payload = serde_json::json!({ "group_id": group });
        NewJob::new(id, Self::KIND, group.to_string(), &payload, now, now)
    }
}

#[async_trait]
impl Worker for DeleteGroup {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn perform(&self, job: &Job) -> Result<(), BoxError> {
        let Payload { group_id } = super::payload(job)?;
        let Context { store, resources, settings, .. } = &self.context;
        let chunk = i64::from(settings.delete_chunk.max(1));
        store.remove_outbox(group_id).await?;
        while store.remove_messages(group_id, chunk).await? {}
        loop {
            let users = store.some_members(group_id, chunk).await?;
            if users.is_empty() {
                return Ok(());
            }
            let links: Vec<_> = users.iter().map(|user| UserResource::group(*user, group_id)).collect();
            // The links go first: without its memberships nobody would find them.
            resources.unlink(&links).await?;
            store.remove_memberships(group_id, &users).await?;
        }
    }
}
