//! Who is here: the sockets of each user, and the groups that somebody here is in.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use cores::Cores;
use engine_interfaces::{Clock, GroupId, Slot, Timestamp, UserId};

use crate::{
    errors::{ErrorCode, Refusal},
    group::Group,
    meters::METERS,
    session::Session,
    settings::Settings,
};

/// The live connections of one server.
pub(crate) struct Hub {
    settings: Settings,
    clock: Arc<dyn Clock>,
    pub(crate) cores: Arc<Cores>,
    users: Mutex<HashMap<UserId, Vec<Arc<Session>>>>,
    groups: Mutex<HashMap<GroupId, Arc<Group>>>,
    /// Whose first socket came or last one went since it was asked.
    moved: Mutex<HashSet<UserId>>,
}

impl Hub {
    /// Nobody is here.
    pub(crate) fn new(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings,
            clock,
            cores: Arc::default(),
            users: Mutex::default(),
            groups: Mutex::default(),
            moved: Mutex::default(),
        }
    }

    /// Registers a socket: it hears of its user from now on.
    pub(crate) fn add(&self, session: &Arc<Session>) -> Result<(), Refusal> {
        let mut users = lock(&self.users);
        let sessions = users.entry(session.user_id).or_default();
        // Those that are closed are about to go.
        let open = sessions.iter().filter(|session| !session.outbox.is_closed()).count();
        if open >= self.settings.max_sockets_per_user {
            return Err(Refusal::saying(ErrorCode::RateLimited, "Too many open sockets"));
        }
        if sessions.is_empty() {
            lock(&self.moved).insert(session.user_id);
        }
        sessions.push(Arc::clone(session));
        METERS.connections.increment(1);
        Ok(())
    }

    /// Forgets a socket, and takes it out of its groups.
    pub(crate) fn remove(&self, session: &Session) {
        session.end();
        if let Entry::Occupied(mut entry) = lock(&self.users).entry(session.user_id) {
            let before = entry.get().len();
            entry.get_mut().retain(|other| other.id != session.id);
            let removed = before - entry.get().len();
            METERS.connections.decrement(u32::from(removed > 0));
            if entry.get().is_empty() {
                entry.remove();
                lock(&self.moved).insert(session.user_id);
            }
        }
    }

    /// Everybody who is here.
    pub(crate) fn users(&self) -> Vec<UserId> {
        lock(&self.users).keys().copied().collect()
    }

    /// Who came or went since this was asked last.
    pub(crate) fn take_moved(&self) -> HashSet<UserId> {
        std::mem::take(&mut lock(&self.moved))
    }

    /// The sockets of a user.
    pub(crate) fn sessions_of(&self, user: UserId) -> Vec<Arc<Session>> {
        lock(&self.users).get(&user).cloned().unwrap_or_default()
    }

    /// Every socket.
    pub(crate) fn sessions(&self) -> Vec<Arc<Session>> {
        lock(&self.users).values().flatten().cloned().collect()
    }

    /// The sockets whose tokens have run out.
    pub(crate) fn expired(&self, now: Timestamp) -> Vec<Arc<Session>> {
        let users = lock(&self.users);
        let expired = users.values().flatten().filter(|session| session.token.expires_at <= now);
        expired.cloned().collect()
    }

    /// A group that somebody here is in, or is about to be.
    pub(crate) fn group(&self, id: GroupId) -> Option<Arc<Group>> {
        lock(&self.groups).get(&id).cloned()
    }

    /// The same; from now on its hints are kept.
    pub(crate) fn group_or_new(&self, id: GroupId) -> Arc<Group> {
        let mut groups = lock(&self.groups);
        let group =
            groups.entry(id).or_insert_with(|| Group::new(id, &self.settings, &self.clock, &self.cores));
        Arc::clone(group)
    }

    /// All of them.
    pub(crate) fn groups(&self) -> Vec<Arc<Group>> {
        lock(&self.groups).values().cloned().collect()
    }

    /// Forgets the groups that nobody has been in for a while.
    pub(crate) fn sweep(&self) {
        lock(&self.groups).retain(|_, group| !group.close_if_idle());
    }

    /// The slots of the groups.
    pub(crate) fn slots(&self) -> HashSet<Slot> {
        lock(&self.groups).keys().copied().map(Slot::of).collect()
    }
}

// Nothing panics while it holds a lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
