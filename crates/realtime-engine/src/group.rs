//! A group that somebody on this server is in.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use cores::Cores;
use engine_interfaces::{Clock, GroupId, GroupMessage, Seq, UserId};

use crate::{
    events,
    fan_out::{Batch, FanOut, Members, Outgoing, Whole},
    frame::Frame,
    meters::METERS,
    sequencer::Sequencer,
    session::Session,
    settings::Settings,
};

/// A followed group: where this server is in its log, and whose sockets get it.
pub(crate) struct Group {
    /// Which one.
    pub(crate) id: GroupId,
    chunk: usize,
    clock: Arc<dyn Clock>,
    cores: Arc<Cores>,
    state: Mutex<State>,
}

struct State {
    sequencer: Sequencer,
    /// By the sockets' ids, so that each is found at once. Shared with a fan-out that is on its way, and copied only then.
    members: Members,
    /// What the next fan-out takes.
    outgoing: Vec<Outgoing>,
    fanning: bool,
    repairing: bool,
    /// Nobody was in it at the last sweep.
    idle: bool,
    /// No longer in the hub.
    closed: bool,
    /// Counts who came and went.
    moves: u64,
}

/// A socket in a group.
pub(crate) struct Member {
    session: Arc<Session>,
    /// What the socket has. It gets the message after this one next, and no other: nothing is doubled,
    /// nothing left out, whoever brings it. [`GONE`] once it has left.
    sent: Mutex<Seq>,
}

/// There will never be anything that whoever left does not have. In the place of a number, since of an idle socket in
/// ten groups these are a good part.
const GONE: Seq = Seq(i64::MAX);

/// The group is no longer in the hub: look it up again.
pub(crate) struct Closed;

/// A socket has come in.
pub(crate) struct Entry {
    /// The socket's place.
    pub(crate) member: Arc<Member>,
    /// Where this server is.
    pub(crate) last: Seq,
    /// As [`Group::offer`] answers.
    pub(crate) behind: bool,
}

impl Group {
    /// Hears hints from now on, and begins when its head is known.
    pub(crate) fn new(
        id: GroupId,
        settings: &Settings,
        clock: &Arc<dyn Clock>,
        cores: &Arc<Cores>,
    ) -> Arc<Self> {
        Arc::new(Self {
            id,
            chunk: settings.fan_out_chunk.max(1),
            clock: Arc::clone(clock),
            cores: Arc::clone(cores),
            state: Mutex::new(State {
                sequencer: Sequencer::new(settings.gap_buffer),
                members: Arc::default(),
                outgoing: Vec::new(),
                fanning: false,
                repairing: false,
                idle: false,
                closed: false,
                moves: 0,
            }),
        })
    }

    /// Puts a socket in. It gets everything after `have`, or after what this server has given out; `head`
    /// is where the log ends, for a group that is not open yet.
    pub(crate) fn join(
        self: &Arc<Self>,
        session: &Arc<Session>,
        head: Seq,
        have: Option<Seq>,
    ) -> Result<Entry, Closed> {
        let mut state = self.lock();
        if state.closed {
            return Err(Closed);
        }
        state.idle = false;
        state.sequencer.open(head);
        let last = state.sequencer.last().unwrap_or(head);
        // What the client claims beyond the log's end is not believed.
        let sent = have.filter(|have| *have <= last).unwrap_or(last);
        let member = Arc::new(Member { session: Arc::clone(session), sent: Mutex::new(sent) });
        // Nearly always the end: who comes later has the higher id.
        let place = state.members.partition_point(|other| other.session.id < session.id);
        Arc::make_mut(&mut state.members).insert(place, Arc::clone(&member));
        state.moves += 1;
        self.advance(&mut state);
        let behind = state.begin_repair();
        Ok(Entry { member, last, behind })
    }

    /// Takes a socket out: when this returns it gets nothing more from here.
    pub(crate) fn part(&self, session: &Session) {
        let mut state = self.lock();
        let Ok(place) = state.members.binary_search_by_key(&session.id, |member| member.session.id) else {
            return;
        };
        let member = Arc::make_mut(&mut state.members).remove(place);
        state.moves += 1;
        *member.lock() = GONE;
    }

    /// The sockets that are in it.
    pub(crate) fn sessions(&self) -> Vec<Arc<Session>> {
        let members = Arc::clone(&self.lock().members);
        members.iter().map(|member| Arc::clone(&member.session)).collect()
    }

    /// Whose sockets are in it, and how many have come and gone; none when that is `moves` still.
    pub(crate) fn users(&self, moves: Option<u64>) -> Option<(u64, Vec<UserId>)> {
        let state = self.lock();
        let moved = state.moves;
        let members = (moves != Some(moved)).then(|| Arc::clone(&state.members))?;
        drop(state);
        Some((moved, members.iter().map(|member| member.session.user_id).collect()))
    }

    /// Takes hints or rows of the log. True when something before them is missing and nobody is reading
    /// it yet: then the caller has to.
    #[must_use]
    pub(crate) fn offer(self: &Arc<Self>, messages: impl IntoIterator<Item = Arc<GroupMessage>>) -> bool {
        let mut state = self.lock();
        for message in messages {
            state.sequencer.offer(message);
        }
        self.advance(&mut state);
        state.begin_repair()
    }

    /// Takes what the store says of the log's end. True as in [`Group::offer`].
    #[must_use]
    pub(crate) fn learn(&self, head: Seq) -> bool {
        let mut state = self.lock();
        state.sequencer.learn(head);
        state.begin_repair()
    }

    /// For whoever repairs: after which message to read, or none when nothing is missing any more.
    pub(crate) fn still_missing(&self) -> Option<Seq> {
        let mut state = self.lock();
        let missing = state.sequencer.missing();
        state.repairing = missing.is_some();
        missing
    }

    /// For whoever repairs: the log can't be read now. The next hint or comparison begins again.
    pub(crate) fn put_off(&self) {
        self.lock().repairing = false;
    }

    /// For whoever repairs: the log has nothing more.
    pub(crate) fn nothing_more(&self) {
        self.lock().sequencer.nothing_more();
    }

    /// Tells every socket in it.
    pub(crate) fn tell(self: &Arc<Self>, frame: Frame) {
        let mut state = self.lock();
        state.outgoing.push(Outgoing::Event(frame));
        self.flush(&mut state);
    }

    /// Where this server is; none before the head is known.
    pub(crate) fn last(&self) -> Option<Seq> {
        self.lock().sequencer.last()
    }

    /// True when nobody was in it at this and at the last sweep; it then takes nobody in any more.
    pub(crate) fn close_if_idle(&self) -> bool {
        let mut state = self.lock();
        let empty = state.members.is_empty();
        state.closed = empty && mem::replace(&mut state.idle, empty);
        state.closed
    }

    fn advance(self: &Arc<Self>, state: &mut State) {
        while let Some(message) = state.sequencer.ready() {
            let frame = events::message(&message);
            state.outgoing.push(Outgoing::Message(message.seq, frame, message.created_at, message.trace));
        }
        self.flush(state);
    }

    /// Fans out what there is. To a big group in the background, one batch after the other, so that the order holds.
    fn flush(self: &Arc<Self>, state: &mut State) {
        if state.outgoing.is_empty() || state.fanning {
            return;
        }
        if state.members.len() <= self.chunk {
            let batch = Batch::new(mem::take(&mut state.outgoing));
            batch.give_to(&state.members);
            return batch.given(state.members.len(), self.clock.as_ref());
        }
        state.fanning = true;
        let group = Arc::clone(self);
        tokio::spawn(async move {
            while let Some(fan_out) = group.next_fan_out() {
                fan_out.run(group.clock.as_ref()).await;
            }
        });
    }

    fn next_fan_out(&self) -> Option<Arc<FanOut>> {
        let mut state = self.lock();
        let outgoing = mem::take(&mut state.outgoing);
        state.fanning = !outgoing.is_empty();
        let members = state.fanning.then(|| Arc::clone(&state.members))?;
        drop(state);
        Some(FanOut::new(Batch::new(outgoing), members, self.chunk, &self.cores))
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn begin_repair(&mut self) -> bool {
        let begin = !self.repairing && self.sequencer.missing().is_some();
        self.repairing |= begin;
        begin
    }
}

impl Member {
    /// What the socket has.
    pub(crate) fn sent(&self) -> Seq {
        *self.lock()
    }

    /// Has the socket left the group?
    pub(crate) fn is_gone(&self) -> bool {
        self.sent() == GONE
    }

    /// Sends a message if it is the next one.
    pub(crate) fn emit(&self, seq: Seq, frame: &Frame) {
        METERS.deliveries.increment(self.send_next(seq, frame).into());
    }

    fn send_next(&self, seq: Seq, frame: &Frame) -> bool {
        let mut sent = self.lock();
        let next = *sent != GONE && seq == sent.next();
        if next {
            *sent = seq;
            self.session.outbox.send(frame.clone());
        }
        next
    }

    /// Tells the socket to read the group up to where `group` is; it goes on from there.
    pub(crate) fn resync(&self, group: &Group) {
        let last = group.last();
        let mut sent = self.lock();
        if *sent != GONE {
            *sent = (*sent).max(last.unwrap_or_default());
            self.session.outbox.send(events::resync(group.id, *sent));
        }
    }

    /// Sends what the socket does not have; answers how many messages that were.
    pub(crate) fn take(&self, batch: &Batch) -> u64 {
        if let Some(Whole { frame, span }) = batch.whole() {
            let mut sent = self.lock();
            if *sent == GONE {
                return 0;
            }
            let (first, last) = span.unwrap_or((sent.next(), *sent));
            if sent.next() == first {
                *sent = last;
                self.session.outbox.send(frame.clone());
                return last.0.abs_diff(first.0 - 1);
            }
        }
        let sent = batch.outgoing().iter().map(|outgoing| match outgoing {
            Outgoing::Message(seq, frame, ..) => self.send_next(*seq, frame),
            Outgoing::Event(frame) => {
                if !self.is_gone() {
                    self.session.outbox.send(frame.clone());
                }
                false
            }
        });
        sent.map(u64::from).sum()
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Seq> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_group_is_small() {
        let size = size_of::<Member>();
        assert!(size <= 24, "{size} bytes, ten times for a socket in ten groups");
    }
}
