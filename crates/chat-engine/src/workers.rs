//! What the engine's jobs do.

mod delete_group;
mod link_resource;

use engine_interfaces::{BoxError, Job};
use serde::de::DeserializeOwned;

pub(crate) use delete_group::DeleteGroup;
pub(crate) use link_resource::LinkResource;

/// The kind of the jobs that link a member to a group.
pub const LINK_RESOURCE: &str = LinkResource::KIND;
/// The kind of the jobs that remove the rows of a deleted group.
pub const DELETE_GROUP: &str = DeleteGroup::KIND;

fn payload<T: DeserializeOwned>(job: &Job) -> Result<T, BoxError> {
    Ok(serde_json::from_value(job.payload.clone())?)
}
