//! One socket's life: in, events, out.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::Instrument;
use uuid::Uuid;

use crate::{
    errors::{ErrorCode, Refusal, refused},
    frame::Frame,
    hello::Hello,
    memberships::{Entered, Have},
    meters::METERS,
    node::Node,
    outbox::Outbox,
    pace::Pace,
    packet::Packet,
    requests,
    session::Session,
};

/// A socket, as its transport sees it. A client that says nothing has neither queue nor task.
pub(crate) struct Client {
    node: Arc<Node>,
    outbox: Arc<Outbox>,
    /// What others may know it by.
    sid: Uuid,
    state: Mutex<State>,
}

struct State {
    stage: Stage,
    /// What it said and nobody has seen to yet.
    inbox: VecDeque<Packet>,
    /// Is there a task that sees to it?
    serving: bool,
    pace: Pace,
}

enum Stage {
    /// It has not said who it is.
    Unknown,
    /// It is being let in, or turned away.
    AtTheDoor,
    In(Arc<Session>),
    Gone,
}

impl Client {
    /// A connection was made; `sid` is what others may know it by.
    pub(crate) fn open(node: &Arc<Node>, outbox: Arc<Outbox>, sid: Uuid) -> Arc<Self> {
        Arc::new(Self {
            node: Arc::clone(node),
            outbox,
            sid,
            state: Mutex::new(State {
                stage: Stage::Unknown,
                inbox: VecDeque::new(),
                serving: false,
                pace: Pace::new(node.settings.events_per_second, Instant::now()),
            }),
        })
    }

    /// Takes a packet from the client. Never waits: what is too much is answered with an error.
    pub(crate) fn receive(self: &Arc<Self>, text: &str) {
        let packet = Packet::parse(text, self.node.settings.json_depth);
        let mut state = self.lock();
        if matches!(state.stage, Stage::Gone) {
            return;
        }
        if state.inbox.len() >= self.node.settings.inbox {
            drop(state);
            return match packet {
                Packet::Event { ack, .. } => {
                    METERS.limited.increment(1);
                    reply(&self.outbox, ack, Err(ErrorCode::RateLimited.into()));
                }
                _ => tracing::debug!("a packet was dropped: too many wait"),
            };
        }
        state.inbox.push_back(packet);
        if !mem::replace(&mut state.serving, true) {
            tokio::spawn(Arc::clone(self).serve());
        }
    }

    /// Writes a packet that is the transport's own affair.
    pub(crate) fn write(&self, frame: Frame) {
        self.outbox.send(frame);
    }

    /// Has it not said yet who it is?
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.lock().stage, Stage::Unknown)
    }

    /// Ends the connection without a word.
    pub(crate) fn hang_up(&self) {
        self.outbox.hang_up();
    }

    /// The connection is gone.
    pub(crate) fn end(&self) {
        let stage = mem::replace(&mut self.lock().stage, Stage::Gone);
        self.outbox.hang_up();
        if let Stage::In(session) = stage {
            self.node.hub.remove(&session);
        }
    }

    /// Sees to what came, one packet after the other, until nothing is left.
    async fn serve(self: Arc<Self>) {
        while let Some((packet, session)) = self.next() {
            match (packet, session) {
                (Packet::Disconnect, _) => self.hang_up(),
                (Packet::Event { ack, event }, Some(session)) => {
                    let span = tracing::info_span!("event", user.id = %session.user_id);
                    self.answer(&session, ack, event).instrument(span).await;
                }
                (Packet::ConnectElsewhere(namespace), Some(_)) => self.outbox.send(no_namespace(&namespace)),
                (Packet::ConnectElsewhere(namespace), None) => {
                    self.outbox.turn_away(no_namespace(&namespace));
                }
                (Packet::Connect(auth), None) => self.introduce(auth).await,
                (Packet::Connect(_) | Packet::Event { .. } | Packet::Other, _) => {
                    tracing::debug!("a packet means nothing here");
                }
            }
        }
    }

    /// The next packet, and who it is from; none when nothing waits.
    fn next(&self) -> Option<(Packet, Option<Arc<Session>>)> {
        let mut state = self.lock();
        // Whoever was put out, or has gone, has nothing to say any more.
        if self.outbox.is_closed() || matches!(state.stage, Stage::Gone) {
            state.inbox.clear();
        }
        let session = match &state.stage {
            Stage::In(session) => Some(Arc::clone(session)),
            Stage::Unknown | Stage::AtTheDoor | Stage::Gone => None,
        };
        let packet = state.inbox.pop_front();
        match &packet {
            None => {
                state.serving = false;
                mem::take(&mut state.inbox);
            }
            Some(Packet::Connect(_)) if session.is_none() => state.stage = Stage::AtTheDoor,
            Some(_) => {}
        }
        packet.map(|packet| (packet, session))
    }

    async fn answer(
        &self,
        session: &Arc<Session>,
        ack: Option<u64>,
        event: Result<(String, Value), Refusal>,
    ) {
        let allowed = self.lock().pace.allows(Instant::now(), 1);
        let answer = match event {
            _ if !allowed => Err(ErrorCode::RateLimited.into()),
            Ok(event) => requests::answer(&self.node, session, event).await,
            Err(refusal) => Err(refusal),
        };
        let counted = match &answer {
            _ if !allowed => &METERS.limited,
            Ok(_) => &METERS.answered,
            Err(_) => &METERS.refused,
        };
        counted.increment(1);
        reply(&self.outbox, ack, answer);
    }

    /// Lets the client in, or says why not.
    async fn introduce(&self, auth: Result<Value, Refusal>) {
        let admitted = match auth {
            Ok(auth) => self.node.admit(&self.outbox, auth).await,
            Err(refusal) => Err(refusal),
        };
        match admitted {
            Ok((session, entered, have)) => {
                if !self.enter(&session) {
                    return self.node.hub.remove(&session);
                }
                METERS.admitted.increment(1);
                self.outbox.uncork(Frame::connected(&self.sid.simple().to_string()));
                if !have.is_empty() {
                    let (node, outbox) = (Arc::clone(&self.node), Arc::clone(&self.outbox));
                    tokio::spawn(async move {
                        tokio::select! {
                            () = node.catch_up(&session, entered, &have) => {}
                            () = outbox.closed() => {}
                        }
                    });
                }
            }
            // A refusal would keep the official client away; this one is to come back, elsewhere or later.
            Err(_) if self.node.is_closing() => self.hang_up(),
            Err(refusal) => {
                METERS.turned_away.increment(1);
                self.outbox.turn_away(Frame::refused(&refusal));
            }
        }
    }

    /// Is in from now on. False when it has gone meanwhile.
    fn enter(&self, session: &Arc<Session>) -> bool {
        let mut state = self.lock();
        let there = !matches!(state.stage, Stage::Gone);
        if there {
            state.stage = Stage::In(Arc::clone(session));
        }
        there
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_namespace(namespace: &str) -> Frame {
    let reason = Refusal::saying(ErrorCode::PathNotFound, "There is no such namespace");
    Frame::refused_in(namespace, &reason)
}

fn reply(outbox: &Arc<Outbox>, ack: Option<u64>, answer: Result<Value, Refusal>) {
    if let Err(refusal) = &answer {
        tracing::debug!(?refusal, "an event was refused");
    }
    let Some(number) = ack else {
        return;
    };
    let payload = answer.unwrap_or_else(|refusal| json!({ "error": refusal }));
    outbox.send(Frame::ack(number, &payload));
}

impl Node {
    /// Lets a client in, or says why not.
    async fn admit(
        self: &Arc<Self>,
        outbox: &Arc<Outbox>,
        auth: Value,
    ) -> Result<(Arc<Session>, Vec<Entered>, Have), Refusal> {
        let Hello { token, have } = Hello::read(auth, self.settings.have_limit)?;
        // Shown to the one who can tell whose it is, and to nobody else.
        let identity = self.authentication.authenticate_token(token.expose()).await.map_err(refused)?;
        let token = identity.token.ok_or(ErrorCode::TokenInvalid)?;
        if token.expires_at <= self.clock.now() {
            return Err(ErrorCode::TokenExpired.into());
        }
        let session = Session::new(token, Arc::clone(outbox));
        // Whatever happens from here on is heard of; what happened before is read.
        self.hub.add(&session)?;
        match self.introduce(&session, &have).await {
            Ok(entered) => Ok((session, entered, have)),
            Err(refusal) => {
                self.hub.remove(&session);
                Err(refusal)
            }
        }
    }

    async fn introduce(
        self: &Arc<Self>,
        session: &Arc<Session>,
        have: &Have,
    ) -> Result<Vec<Entered>, Refusal> {
        if self.is_closing() {
            return Err(ErrorCode::Unavailable.into());
        }
        // Asked at the same time: nothing is written to it before it is in, and who is turned away leaves its groups.
        let (revoked, entered) =
            tokio::join!(self.questions.is_revoked(session.token), self.compare(session, have));
        if revoked.map_err(refused)? {
            return Err(ErrorCode::TokenRevoked.into());
        }
        entered.map_err(refused)
    }
}
