//! The mapping between users and resources, in memory.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use engine_interfaces::{UserId, UserResource, UserResources, UserResourcesError};
use tempfile::TempDir;
use uuid::Uuid;

type Link = (UserId, &'static str, Uuid, Uuid);

/// The mapping between users and resources, in memory.
///
/// # Example
/// ```
/// use std::sync::Arc;
///
/// use chat_engine::{ChatEngine, Store, factories::{self, TestBroker, TestResources}};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let store = Store::sqlite(folder.path().join("chat.db"))?;
/// store.migrate().await?;
/// let (broker, resources) = (Arc::<TestBroker>::default(), Arc::<TestResources>::default());
/// let chat = ChatEngine::new(store, broker, resources.clone());
/// resources.fail_links(); // one who joins is a member all the same: a job links them later
/// factories::group(&chat).create().await;
/// resources.heal();
/// # Ok(()) }
/// ```
#[derive(Default)]
pub struct TestResources {
    links: Mutex<BTreeSet<Link>>,
    fails: AtomicBool,
    links_fail: AtomicBool,
    /// The folder of the engine's store: the engine holds this value, so the folder lives as long as it does.
    _folder: Option<TempDir>,
}

impl TestResources {
    pub(super) fn keeping(folder: TempDir) -> Self {
        Self { _folder: Some(folder), ..Self::default() }
    }

    /// From now on nothing answers.
    ///
    /// # Example
    /// ```
    /// use chat_engine::{UserId, UserResources, factories::TestResources};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let resources = TestResources::default();
    /// resources.fail();
    /// assert!(resources.scopes(&[UserId::from_name("alice")], "group").await.is_err());
    /// resources.heal();
    /// assert!(resources.scopes(&[UserId::from_name("alice")], "group").await?.is_empty());
    /// # Ok(()) }
    /// ```
    pub fn fail(&self) {
        self.fails.store(true, Ordering::SeqCst);
    }

    /// From now on nothing can be linked.
    pub fn fail_links(&self) {
        self.links_fail.store(true, Ordering::SeqCst);
    }

    /// All is well again.
    pub fn heal(&self) {
        self.fails.store(false, Ordering::SeqCst);
        self.links_fail.store(false, Ordering::SeqCst);
    }

    fn links(&self) -> Result<MutexGuard<'_, BTreeSet<Link>>, UserResourcesError> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(UserResourcesError("the test made it fail".into()));
        }
        Ok(self.links.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn key(link: &UserResource) -> Link {
    (link.user_id, link.resource_type, link.scope_id, link.resource_id)
}

#[async_trait]
impl UserResources for TestResources {
    async fn link(&self, links: &[UserResource]) -> Result<(), UserResourcesError> {
        if self.links_fail.load(Ordering::SeqCst) {
            return Err(UserResourcesError("the test made it fail".into()));
        }
        self.links()?.extend(links.iter().map(key));
        Ok(())
    }

    async fn unlink(&self, links: &[UserResource]) -> Result<(), UserResourcesError> {
        let mut kept = self.links()?;
        for link in links {
            kept.remove(&key(link));
        }
        Ok(())
    }

    async fn scopes(
        &self,
        users: &[UserId],
        resource_type: &'static str,
    ) -> Result<Vec<(UserId, Uuid)>, UserResourcesError> {
        let links = self.links()?;
        let of_type = links.iter().filter(|link| users.contains(&link.0) && link.1 == resource_type);
        let scopes: BTreeSet<_> = of_type.map(|link| (link.0, link.2)).collect();
        Ok(scopes.into_iter().collect())
    }

    async fn resources(
        &self,
        user: UserId,
        resource_type: &'static str,
        after: Option<(Uuid, Uuid)>,
        limit: usize,
    ) -> Result<Vec<UserResource>, UserResourcesError> {
        let links = self.links()?;
        let of_type = links
            .iter()
            .filter(|link| link.0 == user && link.1 == resource_type)
            .filter(|link| after.is_none_or(|after| (link.2, link.3) > after));
        Ok(of_type
            .take(limit)
            .map(|link| UserResource {
                user_id: link.0,
                resource_type,
                scope_id: link.2,
                resource_id: link.3,
            })
            .collect())
    }
}
