//! Links a member to their group, if the joining did not come to it.

use std::time::Duration;

use async_trait::async_trait;
use database::jobs::NewJob;
use engine_interfaces::{BoxError, GroupId, Job, JobId, Timestamp, UserId, UserResource, Worker};
use serde::Deserialize;

use crate::context::Context;

/// How long the joining itself has to make the link.
const GRACE: Duration = Duration::from_secs(5);

/// Links a member to their group.
pub(crate) struct LinkResource {
    context: Context,
}

#[derive(Deserialize)]
struct Payload {
    user_id: UserId,
    group_id: GroupId,
}

impl LinkResource {
    pub(crate) const KIND: &'static str = "chat.link_resource";

    pub(crate) fn new(context: &Context) -> Self {
        Self { context: context.clone() }
    }

    /// One link is made once, however often a user leaves and joins: it stays when they leave.
    pub(crate) fn key(user: UserId, group: GroupId) -> String {
        format!("{group}:{user}")
    }

    /// The group of a [`LinkResource::key`].
    pub(crate) fn group_of(key: &str) -> Option<GroupId> {
        key.split_once(':')?.0.parse().ok()
    }

    pub(crate) fn job(id: JobId, user: UserId, group: GroupId, now: Timestamp) -> NewJob {
        let payload = serde_json::json!({ "user_id": user, "group_id": group });
        NewJob::new(id, Self::KIND, Self::key(user, group), &payload, now, now.plus(GRACE))
    }
}

#[async_trait]
impl Worker for LinkResource {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn perform(&self, job: &Job) -> Result<(), BoxError> {
        let Payload { user_id, group_id } = super::payload(job)?;
        let Context { store, resources, .. } = &self.context;
        let link = [UserResource::group(user_id, group_id)];
        resources.link(&link).await?;
        // A user who was erased meanwhile is to be linked to nothing.
        if store.participants(group_id, &[user_id]).await?.is_empty() {
            resources.unlink(&link).await?;
        }
        Ok(())
    }
}
