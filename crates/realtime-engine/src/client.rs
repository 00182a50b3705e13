//! One socket's life: in, events, out.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::{
    sync::mpsc::{self, error::TrySendError},
    time::{self, Instant},
};

use crate::{
    errors::{ErrorCode, Refusal, refused},
    frame::Frame,
    hello::Hello,
    memberships::{Entered, Have},
    node::Node,
    outbox::{Outbox, Transport},
    packet::Packet,
    requests,
    session::Session,
};

/// The transport's end of a socket. The socket ends when it is dropped.
pub(crate) struct Client {
    outbox: Arc<Outbox>,
    inbox: mpsc::Sender<Packet>,
    json_depth: usize,
}

impl Client {
    /// A connection was made; `sid` is its name. A task sees to it from here.
    pub(crate) fn open(node: &Arc<Node>, transport: Box<dyn Transport>, sid: String) -> Self {
        let outbox = Outbox::new(transport, &node.settings);
        let (inbox, packets) = mpsc::channel(node.settings.inbox);
        let run = run(Arc::clone(node), Arc::clone(&outbox), packets, sid);
        tokio::spawn(run);
        Self { outbox, inbox, json_depth: node.settings.json_depth }
    }

    /// Takes a packet from the client. Never waits: what is too much is answered with an error.
    pub(crate) fn receive(&self, text: &str) {
        match self.inbox.try_send(Packet::parse(text, self.json_depth)) {
            Ok(()) | Err(TrySendError::Closed(_)) => {}
            Err(TrySendError::Full(Packet::Event { ack, .. })) => {
                reply(&self.outbox, ack, Err(ErrorCode::RateLimited.into()));
            }
            Err(TrySendError::Full(_)) => tracing::debug!("a packet was dropped: too many wait"),
        }
    }
}

async fn run(node: Arc<Node>, outbox: Arc<Outbox>, mut packets: mpsc::Receiver<Packet>, sid: String) {
    let hello = tokio::select! {
        auth = time::timeout(node.settings.connect_timeout, introduction(&mut packets)) => auth,
        () = outbox.closed() => return,
    };
    let auth = match hello {
        Ok(Some(Ok(auth))) => auth,
        Ok(Some(Err(refusal))) => return outbox.turn_away(refusal),
        Ok(None) | Err(_) => return outbox.hang_up(),
    };
    let (session, entered, have) = match node.admit(&outbox, auth).await {
        Ok(admitted) => admitted,
        // A refusal would keep the official client away; this one is to come back, elsewhere or later.
        Err(_) if node.is_closing() => return outbox.hang_up(),
        Err(refusal) => return outbox.turn_away(Frame::refused(&refusal)),
    };
    outbox.uncork(Frame::connected(&sid));
    let catching_up = {
        let (node, session) = (Arc::clone(&node), Arc::clone(&session));
        tokio::spawn(async move { node.catch_up(&session, entered, &have).await })
    };
    tokio::select! {
        () = serve(&node, &session, &mut packets) => outbox.hang_up(),
        () = expiry(&node, &session) => outbox.put_out(&ErrorCode::TokenExpired.into()),
        () = outbox.closed() => {}
    }
    catching_up.abort();
    node.hub.remove(&session);
}

/// Waits for the client to say who it is; none when it is gone.
async fn introduction(packets: &mut mpsc::Receiver<Packet>) -> Option<Result<Value, Frame>> {
    loop {
        match packets.recv().await? {
            Packet::Connect(auth) => return Some(auth.map_err(|refusal| Frame::refused(&refusal))),
            Packet::ConnectElsewhere(namespace) => return Some(Err(no_namespace(&namespace))),
            Packet::Disconnect => return None,
            Packet::Event { .. } | Packet::Other => tracing::debug!("a packet came before CONNECT"),
        }
    }
}

fn no_namespace(namespace: &str) -> Frame {
    let reason = Refusal::saying(ErrorCode::PathNotFound, "There is no such namespace");
    Frame::refused_in(namespace, &reason)
}

/// Answers events, one after the other, until the client is gone.
async fn serve(node: &Arc<Node>, session: &Session, packets: &mut mpsc::Receiver<Packet>) {
    let mut pace = Pace::new(node.settings.events_per_second, Instant::now());
    while let Some(packet) = packets.recv().await {
        match packet {
            Packet::Event { ack, event } => {
                let answer = match event {
                    _ if !pace.allows(Instant::now()) => Err(ErrorCode::RateLimited.into()),
                    Ok(event) => requests::answer(node, session.user_id, event).await,
                    Err(refusal) => Err(refusal),
                };
                reply(&session.outbox, ack, answer);
            }
            Packet::ConnectElsewhere(namespace) => session.outbox.send(no_namespace(&namespace)),
            Packet::Disconnect => return,
            Packet::Connect(_) | Packet::Other => tracing::debug!("a packet means nothing here"),
        }
    }
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

async fn expiry(node: &Node, session: &Session) {
    loop {
        let left = session.token.expires_at.since(node.clock.now());
        if left.is_zero() {
            return;
        }
        time::sleep(left).await;
    }
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
        if self.questions.is_revoked(session.token).await.map_err(refused)? {
            return Err(ErrorCode::TokenRevoked.into());
        }
        self.compare(session, have).await.map_err(refused)
    }
}

/// Bounds how many events come in a second: a bucket that fills as time goes by.
struct Pace {
    per_second: f64,
    left: f64,
    at: Instant,
}

impl Pace {
    fn new(per_second: u32, now: Instant) -> Self {
        let per_second = f64::from(per_second);
        Self { per_second, left: per_second, at: now }
    }

    fn allows(&mut self, now: Instant) -> bool {
        let elapsed = now.duration_since(self.at).as_secs_f64();
        self.at = now;
        self.left = (self.left + elapsed * self.per_second).min(self.per_second);
        let allowed = self.left >= 1.0;
        self.left -= f64::from(u8::from(allowed));
        allowed
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn events_come_as_fast_as_allowed_and_no_faster() {
        let start = Instant::now();
        let mut pace = Pace::new(10, start);
        for (later, allowed) in [(0, 10), (500, 5), (60_000, 10)] {
            let now = start + Duration::from_millis(later);
            assert_eq!((0..30).filter(|_| pace.allows(now)).count(), allowed);
        }
    }
}
