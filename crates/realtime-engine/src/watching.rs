//! Typing and presence: for those who have a group open, and for nobody else.
//!
//! Nothing of it is stored, and none of it is on a message's way. Each server counts the sockets that it has, tells the
//! others while one of them has the group open, and believes them for a while: so all of them have one number, and it
//! heals by itself when a server dies or a whisper is lost.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use engine_interfaces::{ChatError, GroupId, NodeId, Said, UserId, Whisper};
use tokio::{
    task,
    time::{Instant, MissedTickBehavior, interval},
};

use crate::{
    errors::{ErrorCode, Refusal, refused},
    events,
    frame::Frame,
    hub::Hub,
    memberships::Have,
    meters::METERS,
    node::Node,
    online::Online,
    pace::Pace,
    session::Session,
    settings::Settings,
    watch::{Other, Watch},
};

/// The groups that somebody has open, here or at another server that asks for them.
pub(crate) struct Watching {
    /// How the others know this server.
    node: NodeId,
    settings: Settings,
    state: Mutex<State>,
}

struct State {
    groups: HashMap<GroupId, Watch>,
    /// Who was shown to be typing a moment ago.
    typed: HashMap<UserId, Instant>,
    typing: Pace,
    online: Pace,
}

/// What is to be said after a look around.
#[derive(Default)]
struct Round {
    whispers: Vec<Whisper>,
    shows: Vec<Show>,
}

struct Show {
    group: GroupId,
    frame: Frame,
    viewers: Vec<Arc<Session>>,
}

impl Watching {
    /// Nobody has anything open.
    pub(crate) fn new(node: NodeId, settings: Settings) -> Self {
        let now = Instant::now();
        let state = State {
            groups: HashMap::new(),
            typed: HashMap::new(),
            typing: Pace::new(settings.typing_per_second, now),
            online: Pace::new(settings.online_per_second, now),
        };
        Self { node, settings, state: Mutex::new(state) }
    }

    /// A socket has opened a group: it gets what there is to see now.
    fn open(&self, hub: &Hub, session: &Arc<Session>, id: GroupId) {
        let named = self.settings.online_named;
        let mut state = self.lock();
        let watch = state.groups.entry(id).or_insert_with(|| Watch::new(id, named));
        watch.open(session, hub.group(id).as_deref(), Instant::now());
    }

    /// Somebody types: whom to tell here, and what elsewhere.
    fn type_in(&self, id: GroupId, user: UserId) -> (Vec<Arc<Session>>, Option<Whisper>) {
        let now = Instant::now();
        let mut state = self.lock();
        let soon = |at: &Instant| now < *at + self.settings.typing_every;
        if !state.groups.contains_key(&id) || state.typed.get(&user).is_some_and(soon) {
            return (Vec::new(), None);
        }
        state.typed.insert(user, now);
        let wanted = state.groups.get(&id).is_some_and(Watch::is_wanted);
        let whisper = wanted.then(|| self.whisper(id, Said::Typing { user_id: user }));
        (state.readers(id, user, now), whisper)
    }

    /// Whom to tell here that somebody types at another server.
    fn typed_elsewhere(&self, id: GroupId, user: UserId) -> Vec<Arc<Session>> {
        self.lock().readers(id, user, Instant::now())
    }

    /// Another server tells who of a group is there.
    fn hear(&self, hub: &Hub, node: NodeId, id: GroupId, online: Online, watching: bool) {
        let until = Instant::now() + self.settings.told_online_for;
        let mut state = self.lock();
        if watching && !state.groups.contains_key(&id) && hub.group(id).is_some() {
            state.groups.insert(id, Watch::new(id, self.settings.online_named));
        }
        if let Some(watch) = state.groups.get_mut(&id) {
            watch.hear(node, Other { online, watching, until });
        }
    }

    /// Looks who came and went. Those who wait longest are shown it first.
    fn look(&self, hub: &Hub) -> Round {
        let now = Instant::now();
        let mut round = Round::default();
        let mut state = self.lock();
        let State { groups, typed, online: pace, .. } = &mut *state;
        typed.retain(|_, at| now < *at + self.settings.typing_every);
        groups.retain(|_, watch| watch.tidy(now));
        let mut stale = Vec::new();
        for (id, watch) in groups.iter_mut() {
            watch.count(hub.group(*id).as_deref());
            let said = watch.tell(now, self.settings.tell_online_every);
            round.whispers.extend(said.map(|said| self.whisper(*id, said)));
            stale.extend(watch.stale().map(|since| (since, *id, watch)));
        }
        stale.sort_by_key(|(since, ..)| *since);
        for (_, group, watch) in stale {
            let viewers = watch.viewers();
            if !pace.allows(now, viewers.len()) {
                break;
            }
            round.shows.push(Show { group, frame: watch.show(now), viewers });
        }
        round
    }

    fn whisper(&self, group_id: GroupId, said: Said) -> Whisper {
        Whisper { group_id, node: self.node, said }
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn readers(&mut self, id: GroupId, user: UserId, now: Instant) -> Vec<Arc<Session>> {
        let readers = self.groups.get(&id).map(|watch| watch.readers(user)).unwrap_or_default();
        if readers.is_empty() || self.typing.allows(now, readers.len()) { readers } else { Vec::new() }
    }
}

impl Node {
    /// `open`: the socket is shown who of the group is online and who is typing, from now on.
    pub(crate) async fn open(
        self: &Arc<Self>,
        session: &Arc<Session>,
        group: GroupId,
    ) -> Result<(), Refusal> {
        self.find(session, group).await?;
        session.open(group, self.settings.open_groups)?;
        self.watching.open(&self.hub, session, group);
        Ok(())
    }

    /// `typing`: those who have the group open are told.
    pub(crate) async fn type_in(
        self: &Arc<Self>,
        session: &Arc<Session>,
        group: GroupId,
    ) -> Result<(), Refusal> {
        self.find(session, group).await?;
        let (readers, whisper) = self.watching.type_in(group, session.user_id);
        if let Some(whisper) = whisper {
            self.bus.whisper(whisper);
        }
        tell_typing(&readers, group, session.user_id);
        Ok(())
    }

    /// Is the socket in this group? The store is asked where it is not known yet.
    async fn find(self: &Arc<Self>, session: &Arc<Session>, group: GroupId) -> Result<(), Refusal> {
        if !session.is_in(group) {
            self.chat.group_version(session.user_id, group).await.map_err(refused)?;
            let entered = self.compare(session, &Have::new()).await.map_err(refused::<ChatError>)?;
            Self::welcome(session, &entered);
        }
        if session.is_in(group) { Ok(()) } else { Err(ErrorCode::GroupNotFound.into()) }
    }

    /// Acts on what another server whispers. Never waits.
    pub(crate) fn hear_whisper(&self, Whisper { group_id, node, said }: Whisper) {
        if node == self.watching.node {
            return;
        }
        match said {
            Said::Typing { user_id } => {
                tell_typing(&self.watching.typed_elsewhere(group_id, user_id), group_id, user_id);
            }
            Said::Online { online, user_ids, watching } => {
                let online = Online { count: online, named: user_ids };
                self.watching.hear(&self.hub, node, group_id, online, watching);
            }
        }
    }

    /// Shows for ever who comes and goes, and tells the other servers.
    pub(crate) async fn watch(self: Arc<Self>) {
        let mut tick = interval(self.settings.show_online_every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let Round { whispers, shows } = self.watching.look(&self.hub);
            for whisper in whispers {
                self.bus.whisper(whisper);
            }
            for Show { group, frame, viewers } in shows {
                for chunk in viewers.chunks(self.settings.fan_out_chunk.max(1)) {
                    let still = chunk.iter().filter(|session| session.has_open(group));
                    still.for_each(|session| session.outbox.send(frame.clone()));
                    self.hub.cores.step_aside();
                    task::yield_now().await;
                }
                METERS.presence.increment(viewers.len() as u64);
            }
        }
    }
}

fn tell_typing(readers: &[Arc<Session>], group: GroupId, user: UserId) {
    if readers.is_empty() {
        return;
    }
    let frame = events::typing(group, user);
    readers.iter().for_each(|session| session.outbox.send(frame.clone()));
    METERS.typing.increment(readers.len() as u64);
}
