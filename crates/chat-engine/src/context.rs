//! What every service works with.

use std::sync::Arc;

use database::jobs::NewJob;
use engine_interfaces::{
    Broker, ChatError, Clock, GROUP, GroupId, GroupVersion, Guests, JobId, UserId, UserResource,
    UserResources,
};

use crate::{
    coalescer::Nearby,
    memberships::Versions,
    recent::Recent,
    rules,
    settings::Settings,
    store::{Store, unavailable},
    workers::LinkResource,
};

/// What every service works with. Cheap to clone, so that a write can go on without its caller.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) store: Store,
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) resources: Arc<dyn UserResources>,
    pub(crate) guests: Arc<dyn Guests>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) recent: Arc<Recent>,
    pub(crate) versions: Arc<Nearby<Versions>>,
}

impl Context {
    /// The membership of `user`, before anything else is read or said about the group.
    pub(crate) async fn membership(&self, user: UserId, group: GroupId) -> Result<GroupVersion, ChatError> {
        self.versions.ask((user, group)).await
    }

    /// Refuses guests.
    pub(crate) async fn no_guest(&self, user: UserId) -> Result<(), ChatError> {
        rules::no_guest(user, &self.guests_among(&[user]).await?)
    }

    /// Refuses a guest who would bring in anybody but another guest.
    pub(crate) async fn may_add(&self, user: UserId, member: UserId) -> Result<(), ChatError> {
        rules::guests_add_guests(user, member, &self.guests_among(&[user, member]).await?)
    }

    async fn guests_among(&self, users: &[UserId]) -> Result<Vec<UserId>, ChatError> {
        self.guests.guests_among(users).await.map_err(|error| ChatError::Unavailable(error.into()))
    }

    /// The groups that the users may be in: their links, which stay when they leave.
    pub(crate) async fn links(&self, users: &[UserId]) -> Result<Vec<(UserId, GroupId)>, ChatError> {
        let scopes = self
            .resources
            .scopes(users, GROUP)
            .await
            .map_err(|error| ChatError::Unavailable(error.into()))?;
        Ok(scopes.into_iter().map(|(user, scope)| (user, GroupId(scope))).collect())
    }

    /// May `user` be in one more group? Two joins at once may pass the limit by one.
    pub(crate) async fn check_group_limit(&self, user: UserId) -> Result<(), ChatError> {
        let most = self.settings.max_groups_per_user;
        let links: Vec<_> = self.links(&[user]).await?.into_iter().map(|(_, group)| group).collect();
        if links.len() < most {
            return Ok(());
        }
        let groups = self.store.activities(user, &links).await.map_err(unavailable)?;
        if groups.len() < most { Ok(()) } else { Err(ChatError::TooManyGroups) }
    }

    /// The job that links `user` to `group` if [`Context::link`] does not come to it.
    pub(crate) fn link_job(&self, user: UserId, group: GroupId) -> NewJob {
        LinkResource::job(JobId(self.clock.new_id()), user, group, self.clock.now())
    }

    /// Links `user` to a group that they just joined. A failure is no failure of the joining: the job that
    /// was committed with it does the same again.
    pub(crate) async fn link(&self, user: UserId, group: GroupId) {
        if let Err(error) = self.resources.link(&[UserResource::group(user, group)]).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                group.id = %group,
                "a member is not linked yet: the job will do it"
            );
            return;
        }
        let (key, now) = (LinkResource::key(user, group), self.clock.now());
        if let Err(error) = self.store.finish_job(LinkResource::KIND, &key, now).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "a job will run that is done");
        }
    }
}
