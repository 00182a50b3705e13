//! Every connection, and whether its client is still there.

use std::{
    array,
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::{self, Instant};
use uuid::Uuid;

use super::Carrier;
use crate::{client::Client, frame::Frame, node::Node, outbox::Outbox};

/// The connections are looked through a part at a time, so that nobody waits long to be let in.
const PARTS: usize = 16;
/// How often they are, at least.
const LOOK: Duration = Duration::from_secs(1);

/// All connections of this server.
pub(crate) struct Connections {
    pub(crate) node: Arc<Node>,
    parts: [Mutex<HashMap<Uuid, Arc<Connection>>>; PARTS],
    count: AtomicUsize,
}

/// One connection.
pub(crate) struct Connection {
    /// Its secret name: whoever knows it may speak for the client.
    pub(crate) sid: Uuid,
    outbox: Arc<Outbox<Carrier>>,
    /// Who it is for.
    pub(crate) client: Arc<Client>,
    heart: Mutex<Heart>,
}

struct Heart {
    opened: Instant,
    /// When it is asked next.
    ask: Instant,
    /// When it has to have answered.
    answer: Option<Instant>,
}

/// What is to be done about a connection.
enum Due {
    Nothing,
    Ask,
    End,
}

impl Connections {
    /// None is open.
    pub(crate) fn new(node: &Arc<Node>) -> Arc<Self> {
        Arc::new(Self {
            node: Arc::clone(node),
            parts: array::from_fn(|_| Mutex::default()),
            count: AtomicUsize::new(0),
        })
    }

    /// Opens one; none when there are too many.
    pub(crate) fn open(&self, carrier: Carrier) -> Option<Arc<Connection>> {
        if self.count.fetch_add(1, Ordering::Relaxed) >= self.node.settings.max_connections {
            self.count.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let (outbox, now) = (Outbox::new(carrier, &self.node.settings), Instant::now());
        // What others may know a socket by is not what it is spoken for by.
        let client = Client::open(&self.node, Arc::clone(&outbox) as _, self.node.clock.new_id());
        let connection = Arc::new(Connection {
            sid: Uuid::from_u128(rand::random()),
            outbox,
            client,
            heart: Mutex::new(Heart {
                opened: now,
                ask: now + self.node.settings.ping_interval,
                answer: None,
            }),
        });
        self.part(connection.sid).insert(connection.sid, Arc::clone(&connection));
        Some(connection)
    }

    /// The one with this name.
    pub(crate) fn find(&self, sid: Uuid) -> Option<Arc<Connection>> {
        self.part(sid).get(&sid).cloned()
    }

    /// Ends one. It may have ended already.
    pub(crate) fn end(&self, connection: &Connection) {
        if self.part(connection.sid).remove(&connection.sid).is_some() {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
        connection.client.end();
    }

    /// Asks the clients, for ever, whether they are there, and ends the connections of those that are not.
    pub(crate) async fn watch(self: Arc<Self>) {
        let settings = &self.node.settings;
        let look = LOOK.min(settings.ping_interval / 4).min(settings.ping_timeout / 4);
        let mut looks = time::interval((look / PARTS as u32).max(Duration::from_millis(1)));
        let ping = Frame::engine("2");
        for part in self.parts.iter().cycle() {
            looks.tick().await;
            let now = Instant::now();
            let due: Vec<_> = {
                let connections = part.lock().unwrap_or_else(PoisonError::into_inner);
                let due =
                    connections.values().map(|connection| (connection.due(&self.node, now), connection));
                due.filter(|(due, _)| !matches!(due, Due::Nothing))
                    .map(|(due, connection)| (due, Arc::clone(connection)))
                    .collect()
            };
            for (due, connection) in due {
                match due {
                    Due::Ask => connection.client.write(ping.clone()),
                    Due::End | Due::Nothing => self.end(&connection),
                }
            }
        }
    }

    // Nothing panics while it holds the lock.
    fn part(&self, sid: Uuid) -> MutexGuard<'_, HashMap<Uuid, Arc<Connection>>> {
        let number = sid.as_u128() as usize % PARTS;
        self.parts[number].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// What it is written to by.
    pub(crate) fn carrier(&self) -> &Carrier {
        self.outbox.transport()
    }

    /// Takes an Engine.IO packet. False when it says good-bye.
    pub(crate) fn receive(&self, packet: &str) -> bool {
        self.lock().answer = None;
        match packet.split_at_checked(1) {
            Some(("4", message)) => self.client.receive(message),
            Some(("1", _)) => return false,
            // An answer to a ping; what else there is means nothing here.
            _ => {}
        }
        true
    }

    fn due(&self, node: &Node, now: Instant) -> Due {
        let mut heart = self.lock();
        let silent = heart.answer.is_some_and(|answer| answer <= now);
        let unknown = heart.opened + node.settings.connect_timeout <= now && self.client.is_unknown();
        if silent || unknown || self.carrier().is_gone() {
            return Due::End;
        }
        if heart.ask > now || heart.answer.is_some() {
            return Due::Nothing;
        }
        heart.ask = now + node.settings.ping_interval;
        heart.answer = Some(now + node.settings.ping_timeout);
        Due::Ask
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Heart> {
        self.heart.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
