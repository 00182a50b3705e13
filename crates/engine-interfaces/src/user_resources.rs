//! The mapping between a user and what other engines hold for them.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{BoxError, GroupId, GroupMessageId, UserId};

/// The resource type of a group that a user is, or was, in.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(resources: &dyn UserResources, alice: UserId) -> Result<(), UserResourcesError> {
/// let scopes = resources.scopes(&[alice], GROUP).await?;
/// let groups: Vec<GroupId> = scopes.into_iter().map(|(_, group)| group.into()).collect();
/// # Ok(()) }
/// ```
pub const GROUP: &str = "chat.group";
/// The resource type of a message that a user wrote.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(resources: &dyn UserResources, alice: UserId) -> Result<(), UserResourcesError> {
/// let wrote_in = resources.scopes(&[alice], GROUP_MESSAGE).await?;
/// println!("she wrote in {} groups", wrote_in.len()); // each is there once
/// # Ok(()) }
/// ```
pub const GROUP_MESSAGE: &str = "chat.group_message";

/// One row: `user_id` has `resource_id`, which lies in `scope_id`.
///
/// # Example
/// ```
/// use engine_interfaces::{Clock, GROUP_MESSAGE, GroupId, GroupMessageId, SystemClock, UserId, UserResource};
///
/// let (alice, group) = (UserId::from_name("alice"), GroupId(SystemClock.new_id()));
/// let link = UserResource::group_message(alice, group, GroupMessageId(SystemClock.new_id()));
/// assert_eq!((link.resource_type, link.scope_id), (GROUP_MESSAGE, group.0), "it lies in its group");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserResource {
    /// Whose it is.
    pub user_id: UserId,
    /// What it is, as `engine.model`.
    pub resource_type: &'static str,
    /// What it lies in: the group of a message; a group lies in itself.
    pub scope_id: Uuid,
    /// Its id.
    pub resource_id: Uuid,
}

impl UserResource {
    /// A user's group.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::{Clock, GROUP, GroupId, SystemClock, UserId, UserResource};
    ///
    /// let (alice, group) = (UserId::from_name("alice"), GroupId(SystemClock.new_id()));
    /// let link = UserResource::group(alice, group);
    /// assert_eq!((link.resource_type, link.scope_id), (GROUP, link.resource_id));
    /// ```
    #[must_use]
    pub fn group(user_id: UserId, group: GroupId) -> Self {
        Self { user_id, resource_type: GROUP, scope_id: group.0, resource_id: group.0 }
    }

    /// A user's message.
    #[must_use]
    pub fn group_message(user_id: UserId, group: GroupId, message: GroupMessageId) -> Self {
        Self { user_id, resource_type: GROUP_MESSAGE, scope_id: group.0, resource_id: message.0 }
    }
}

/// Why the mapping can't answer.
///
/// # Example
/// ```
/// use std::error::Error;
///
/// use engine_interfaces::UserResourcesError;
///
/// let error = UserResourcesError("no route to host".into());
/// assert_eq!(error.to_string(), "the user resources are unavailable");
/// assert_eq!(error.source().unwrap().to_string(), "no route to host");
/// ```
#[derive(Debug, thiserror::Error)]
#[error("the user resources are unavailable")]
pub struct UserResourcesError(#[source] pub BoxError);

/// Maps a user to what other engines hold for them. The engines share no tables: this is how "all the
/// groups that a user is part of" is found without a join across engines or shards.
///
/// # Example
/// ```
/// use std::collections::HashSet;
///
/// use engine_interfaces::{GROUP, UserId, UserResources, UserResourcesError};
/// use uuid::Uuid;
///
/// /// The groups that two users are or were both in, without a join across engines.
/// async fn shared(map: &dyn UserResources, a: UserId, b: UserId) -> Result<HashSet<Uuid>, UserResourcesError> {
///     let links = map.scopes(&[a, b], GROUP).await?;
///     let of = |user| links.iter().filter(move |link| link.0 == user).map(|link| link.1);
///     let others: HashSet<_> = of(b).collect();
///     Ok(of(a).filter(|group| others.contains(group)).collect())
/// }
/// ```
#[async_trait]
pub trait UserResources: Send + Sync {
    /// Adds `links`. Idempotent: what is there already stays as it is.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(resources: &dyn UserResources, alice: UserId, group: GroupId) -> Result<(), UserResourcesError> {
    /// resources.link(&[UserResource::group(alice, group)]).await?;
    /// # Ok(()) }
    /// ```
    async fn link(&self, links: &[UserResource]) -> Result<(), UserResourcesError>;

    /// Removes `links`. Idempotent.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(resources: &dyn UserResources, alice: UserId, group: GroupId) -> Result<(), UserResourcesError> {
    /// resources.unlink(&[UserResource::group(alice, group)]).await?;
    /// # Ok(()) }
    /// ```
    async fn unlink(&self, links: &[UserResource]) -> Result<(), UserResourcesError>;

    /// The scopes in which each of `users` has resources of a type: for groups, the groups. In no order;
    /// bounded by what the owning engine lets a user have.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(resources: &dyn UserResources, alice: UserId, group: GroupId, bob: UserId) -> Result<(), UserResourcesError> {
    /// for (user, group) in resources.scopes(&[alice, bob], GROUP).await? {
    ///     println!("{user} is in {group}");
    /// }
    /// # Ok(()) }
    /// ```
    async fn scopes(
        &self,
        users: &[UserId],
        resource_type: &'static str,
    ) -> Result<Vec<(UserId, Uuid)>, UserResourcesError>;

    /// A user's resources of a type, at most `limit`, in the order of `(scope_id, resource_id)` and after
    /// `after` where one is named.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(resources: &dyn UserResources, alice: UserId, group: GroupId) -> Result<(), UserResourcesError> {
    /// let mut after = None;
    /// loop {
    ///     let page = resources.resources(alice, GROUP_MESSAGE, after, 500).await?;
    ///     let Some(last) = page.last() else { break };
    ///     after = Some((last.scope_id, last.resource_id));
    /// }
    /// # Ok(()) }
    /// ```
    async fn resources(
        &self,
        user: UserId,
        resource_type: &'static str,
        after: Option<(Uuid, Uuid)>,
        limit: usize,
    ) -> Result<Vec<UserResource>, UserResourcesError>;
}
