//! What the engine's jobs do.

mod delete_group;
mod link_resource;

use engine_interfaces::{BoxError, Job};
use serde::de::DeserializeOwned;

pub(crate) use delete_group::DeleteGroup;
pub(crate) use link_resource::LinkResource;

/// The kind of the jobs that link a member to a group.
///
/// # Example
/// ```
/// use chat_engine::LINK_RESOURCE;
///
/// // Such a job that is dead: somebody joined, and does not see the group in their list.
/// let is_missing = |kind: &str| kind == LINK_RESOURCE;
/// assert!(is_missing("chat.link_resource"));
/// ```
pub const LINK_RESOURCE: &str = LinkResource::KIND;
/// The kind of the jobs that remove the rows of a deleted group.
///
/// # Example
/// ```
/// use chat_engine::DELETE_GROUP;
///
/// // As the `jobs` table has it: what waits there is gone for its members already.
/// assert_eq!(DELETE_GROUP, "chat.delete_group");
/// ```
pub const DELETE_GROUP: &str = DeleteGroup::KIND;

fn payload<T: DeserializeOwned>(job: &Job) -> Result<T, BoxError> {
    Ok(serde_json::from_value(job.payload.clone())?)
}
