//! One group that somebody has open, on this server or on another.

use std::{collections::HashMap, sync::Arc, time::Duration};

use engine_interfaces::{GroupId, NodeId, Said, UserId};
use tokio::time::Instant;

use crate::{
    events,
    frame::Frame,
    group::Group,
    online::Online,
    session::{Session, SessionId},
};

/// Who has a group open, who of it is online, and what of that was shown and told.
pub(crate) struct Watch {
    group: GroupId,
    /// Members who are named.
    named: usize,
    viewers: HashMap<SessionId, Arc<Session>>,
    here: Online,
    /// The group's, when those who are here were counted.
    moves: Option<u64>,
    others: HashMap<NodeId, Other>,
    /// What those have who have it open.
    shown: Option<Shown>,
    /// Something is different since.
    changed: bool,
    told_at: Option<Instant>,
    /// Were the others told that somebody here has it open?
    told_watching: bool,
    /// Something is different since.
    untold: bool,
}

/// What another server told.
pub(crate) struct Other {
    /// Who is online there.
    pub(crate) online: Online,
    /// Somebody there has the group open.
    pub(crate) watching: bool,
    /// When it is no longer to be believed.
    pub(crate) until: Instant,
}

struct Shown {
    online: Online,
    frame: Frame,
    at: Instant,
}

impl Watch {
    /// Nobody has it open yet. `named` is how many members are named.
    pub(crate) fn new(group: GroupId, named: usize) -> Self {
        Self {
            group,
            named,
            viewers: HashMap::new(),
            here: Online::of(Vec::new(), named),
            moves: None,
            others: HashMap::new(),
            shown: None,
            changed: true,
            told_at: None,
            told_watching: false,
            untold: true,
        }
    }

    /// Forgets who has closed it or has left, and what is too old to be believed. False when nothing is left. What others
    /// told is kept though nobody looks: people go to and fro between groups.
    pub(crate) fn tidy(&mut self, now: Instant) -> bool {
        self.viewers.retain(|_, session| session.has_open(self.group));
        let before = self.others.len();
        self.others.retain(|_, other| other.until > now);
        self.changed |= self.others.len() < before;
        !self.viewers.is_empty() || !self.others.is_empty()
    }

    /// Does somebody have it open on another server?
    pub(crate) fn is_wanted(&self) -> bool {
        self.others.values().any(|other| other.watching)
    }

    /// Counts who is here, where somebody came or went. None of the group's members may be here.
    pub(crate) fn count(&mut self, group: Option<&Group>) {
        let users = match group.map(|group| group.users(self.moves)) {
            Some(None) => return,
            Some(Some((moves, users))) => {
                self.moves = Some(moves);
                users
            }
            None => {
                self.moves = None;
                Vec::new()
            }
        };
        let here = Online::of(users, self.named);
        if here != self.here {
            self.here = here;
            self.changed = true;
            self.untold = true;
        }
    }

    /// Takes what another server told.
    pub(crate) fn hear(&mut self, node: NodeId, other: Other) {
        let before = self.others.get(&node);
        self.changed |= before.map(|before| &before.online) != Some(&other.online);
        // It may not know yet who is here, or no longer.
        self.untold |= other.watching && !before.is_some_and(|before| before.watching);
        self.others.insert(node, other);
    }

    /// What the other servers are to be told, when it is new to them, or `every` has passed.
    pub(crate) fn tell(&mut self, now: Instant, every: Duration) -> Option<Said> {
        let (watching, wanted) = (!self.viewers.is_empty(), self.is_wanted());
        let due = (watching || wanted) && self.told_at.is_none_or(|at| now >= at + every);
        if !due && watching == self.told_watching && !(self.untold && wanted) {
            return None;
        }
        if due {
            // What was counted may be of a group that was forgotten and made again.
            self.moves = None;
        }
        self.told_at = Some(now);
        self.told_watching = watching;
        self.untold = false;
        Some(Said::Online { online: self.here.count, user_ids: self.here.named.clone(), watching })
    }

    /// Since when those who have it open wait for something new; none when they don't.
    pub(crate) fn stale(&mut self) -> Option<Option<Instant>> {
        if !self.changed || self.viewers.is_empty() {
            return None;
        }
        self.changed = self.shown.as_ref().is_none_or(|shown| shown.online != self.online());
        self.changed.then(|| self.shown.as_ref().map(|shown| shown.at))
    }

    /// What they are shown.
    pub(crate) fn show(&mut self, now: Instant) -> Frame {
        let online = self.online();
        let frame = events::presence(self.group, &online);
        self.shown = Some(Shown { online, frame: frame.clone(), at: now });
        self.changed = false;
        frame
    }

    /// Somebody has opened it, and gets what the others have; whoever is the first, what there is now.
    pub(crate) fn open(&mut self, session: &Arc<Session>, group: Option<&Group>, now: Instant) {
        // Some may have closed it a moment ago, and nobody looks for those.
        let alone = !self.viewers.values().any(|session| session.has_open(self.group));
        let shown = self.shown.as_ref().filter(|_| !alone);
        let frame = shown.map(|shown| shown.frame.clone()).unwrap_or_else(|| {
            self.count(group);
            self.show(now)
        });
        self.viewers.insert(session.id, Arc::clone(session));
        session.outbox.send(frame);
    }

    /// The sockets here that have it open, but for those who closed it a moment ago.
    pub(crate) fn viewers(&self) -> Vec<Arc<Session>> {
        self.viewers.values().cloned().collect()
    }

    /// Those who are told that somebody is typing: everybody else, while they are few.
    pub(crate) fn readers(&self, typing: UserId) -> Vec<Arc<Session>> {
        if self.viewers.len() > self.named {
            return Vec::new();
        }
        let others = self.viewers.values().filter(|session| session.user_id != typing);
        others.filter(|session| session.has_open(self.group)).cloned().collect()
    }

    fn online(&self) -> Online {
        let others = self.others.values().map(|other| &other.online);
        Online::sum(std::iter::once(&self.here).chain(others), self.named)
    }
}
