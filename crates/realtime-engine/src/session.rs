//! A socket that has said who it is.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use engine_interfaces::{GroupId, Role, Token, UserId};

use crate::{
    errors::{ErrorCode, Refusal},
    group::Group,
    outbox::Outbox,
};

/// Names a socket on this server; later ones are higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SessionId(u64);

impl SessionId {
    /// One that no other socket of this process has.
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A socket of a user.
pub(crate) struct Session {
    /// Which one.
    pub(crate) id: SessionId,
    /// Whose.
    pub(crate) user_id: UserId,
    /// What it was let in with, and must not outlive.
    pub(crate) token: Token,
    /// What is written to it.
    pub(crate) outbox: Arc<Outbox>,
    /// One comparison with the store at a time.
    pub(crate) comparing: tokio::sync::Mutex<()>,
    places: Mutex<Places>,
}

struct Places {
    /// The groups that it is in, by id: as small as can be, for as long as the socket is idle. None once it has ended.
    groups: Option<Vec<Arc<Group>>>,
    /// Counts what was heard of the user's memberships, so that an older answer of the store is not taken
    /// for the truth.
    heard: u64,
    /// The groups that it was heard to join, with the role, and is not in yet.
    joining: Vec<(GroupId, Option<Role>)>,
    /// Those of the groups that it has open.
    open: Vec<GroupId>,
}

impl Places {
    /// Where a group that it is in stands, or else would; none once it has ended.
    fn place(&self, group: GroupId) -> Option<Result<usize, usize>> {
        Some(self.groups.as_ref()?.binary_search_by_key(&group, |group| group.id))
    }

    fn is_in(&self, group: GroupId) -> bool {
        matches!(self.place(group), Some(Ok(_)))
    }

    fn hear(&mut self) -> u64 {
        self.heard += 1;
        self.heard
    }

    fn take_joined(&mut self, group: GroupId) -> Option<Option<Role>> {
        let place = self.joining.iter().position(|(joining, _)| *joining == group)?;
        Some(self.joining.swap_remove(place).1)
    }

    fn close(&mut self, group: GroupId) {
        self.open.retain(|open| *open != group);
    }
}

impl Session {
    /// A socket that is in no group yet.
    pub(crate) fn new(token: Token, outbox: Arc<Outbox>) -> Arc<Self> {
        Arc::new(Self {
            id: SessionId::next(),
            user_id: token.user_id,
            token,
            outbox,
            comparing: tokio::sync::Mutex::new(()),
            places: Mutex::new(Places {
                groups: Some(Vec::new()),
                heard: 0,
                joining: Vec::new(),
                open: Vec::new(),
            }),
        })
    }

    /// Something was heard of the user's memberships: what was read before is old. Answers how often.
    pub(crate) fn hear(&self) -> u64 {
        self.lock().hear()
    }

    /// The same, of a group that it is to be in.
    pub(crate) fn hear_joined(&self, group: GroupId, role: Option<Role>) -> u64 {
        let mut places = self.lock();
        places.take_joined(group);
        places.joining.push((group, role));
        places.hear()
    }

    /// What was heard of a group that it has come into.
    pub(crate) fn take_joined(&self, group: GroupId) -> Option<Option<Role>> {
        self.lock().take_joined(group)
    }

    /// How often something was heard.
    pub(crate) fn heard(&self) -> u64 {
        self.lock().heard
    }

    /// Is it in this group?
    pub(crate) fn is_in(&self, group: GroupId) -> bool {
        self.lock().is_in(group)
    }

    /// The groups that it is in.
    pub(crate) fn groups(&self) -> Vec<GroupId> {
        let places = self.lock();
        places.groups.iter().flatten().map(|group| group.id).collect()
    }

    /// Notes that it has a group open.
    pub(crate) fn open(&self, group: GroupId, limit: usize) -> Result<(), Refusal> {
        let mut places = self.lock();
        if !places.is_in(group) {
            return Err(ErrorCode::GroupNotFound.into());
        }
        if places.open.contains(&group) {
            return Ok(());
        }
        if places.open.len() >= limit {
            return Err(Refusal::saying(ErrorCode::RateLimited, "Too many open groups"));
        }
        places.open.push(group);
        Ok(())
    }

    /// Notes that it no longer has a group open.
    pub(crate) fn close(&self, group: GroupId) {
        self.lock().close(group);
    }

    /// Does it have this group open?
    pub(crate) fn has_open(&self, group: GroupId) -> bool {
        self.lock().open.contains(&group)
    }

    /// Notes a group that it is about to be in, by what was known when `heard` was. False when that is
    /// old, when it is in already, or has ended.
    pub(crate) fn enter(&self, group: &Arc<Group>, heard: u64) -> bool {
        let mut places = self.lock();
        if places.heard != heard {
            return false;
        }
        let place = places.place(group.id);
        match (&mut places.groups, place) {
            (Some(groups), Some(Err(place))) => {
                groups.insert(place, Arc::clone(group));
                true
            }
            _ => false,
        }
    }

    /// Leaves a group, by what was known when `heard` was: nothing of it comes afterwards. False when that
    /// is old, or it was not in.
    pub(crate) fn leave(&self, group: GroupId, heard: u64) -> bool {
        let left = {
            let mut places = self.lock();
            let place = places.place(group).filter(|_| places.heard == heard);
            let left = match (&mut places.groups, place) {
                (Some(groups), Some(Ok(place))) => Some(groups.remove(place)),
                _ => None,
            };
            if left.is_some() {
                places.close(group);
            }
            left
        };
        if let Some(group) = &left {
            group.part(self);
        }
        left.is_some()
    }

    /// Leaves every group for good.
    pub(crate) fn end(&self) {
        let groups = {
            let mut places = self.lock();
            places.open = Vec::new();
            places.groups.take()
        };
        for group in groups.iter().flatten() {
            group.part(self);
        }
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
