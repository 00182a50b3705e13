//! One realtime server, apart from the sockets: what its parts share.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use engine_interfaces::{Authentication, Broker, Chat, Clock, NodeId, Presence};
use tokio::{
    sync::{Notify, Semaphore},
    time::{self, Instant},
};

use crate::{
    bus::Bus,
    errors::{ErrorCode, Refusal},
    hub::Hub,
    pages::Pages,
    questions::Questions,
    settings::Settings,
    watching::Watching,
};

/// What the parts of a realtime server share.
pub(crate) struct Node {
    /// Says who a token is of.
    pub(crate) authentication: Arc<dyn Authentication>,
    /// The truth.
    pub(crate) chat: Arc<dyn Chat>,
    /// Is told who is here.
    pub(crate) presence: Arc<dyn Presence>,
    /// What clients that come in ask.
    pub(crate) questions: Questions,
    /// What clients that catch up read.
    pub(crate) pages: Arc<Pages>,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// The limits.
    pub(crate) settings: Settings,
    /// Who is here.
    pub(crate) hub: Hub,
    /// What is heard.
    pub(crate) bus: Bus,
    /// Who has which group open.
    pub(crate) watching: Watching,
    /// Bounds how many groups are repaired at once.
    pub(crate) repairs: Semaphore,
    /// Asks for a comparison of heads now.
    pub(crate) compare_heads: Notify,
    /// Asks for a comparison of tokens and memberships now.
    pub(crate) compare_sessions: Notify,
    closing: AtomicBool,
}

impl Node {
    /// A server with nobody on it.
    pub(crate) fn new(
        authentication: Arc<dyn Authentication>,
        chat: Arc<dyn Chat>,
        broker: Arc<dyn Broker>,
        presence: Arc<dyn Presence>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Arc<Self> {
        Arc::new(Self {
            questions: Questions::start(&authentication, &chat, &settings),
            pages: Pages::new(&chat, &settings),
            authentication,
            chat,
            presence,
            watching: Watching::new(NodeId(clock.new_id()), settings.clone()),
            hub: Hub::new(settings.clone(), Arc::clone(&clock)),
            clock,
            bus: Bus::new(broker),
            repairs: Semaphore::new(settings.concurrent_repairs),
            compare_heads: Notify::new(),
            compare_sessions: Notify::new(),
            closing: AtomicBool::new(false),
            settings,
        })
    }

    /// Lets nobody in any more, and sends everybody away, one after the other: who comes back at once would come
    /// back with all the others.
    pub(crate) async fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
        let sessions = self.hub.sessions();
        let reason = Refusal::saying(ErrorCode::Unavailable, "The server is closing: connect again");
        let (began, spread) = (Instant::now(), self.settings.drain_spread.min(self.settings.drain / 2));
        for (session, number) in sessions.iter().zip(0_u32..) {
            time::sleep_until(began + spread * number / sessions.len() as u32).await;
            session.outbox.send_away(&reason);
        }
        if !sessions.is_empty() {
            // So long they have to read it.
            time::sleep(self.settings.close_grace).await;
        }
    }

    /// Is nobody let in any more? Asked by a client that is in the hub already: either it sees that the
    /// server closes, or the server sees it.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }
}
