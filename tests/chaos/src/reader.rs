//! Somebody's socket, which comes back by itself and names what it has.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use rand::{Rng, rng};
use serde_json::{Value, json};
use tokio::{sync::Notify, task::JoinHandle, time::sleep};
use uuid::Uuid;

use crate::{
    history::Fault,
    person::Person,
    socket::{Heard, Refused, Socket},
    town::Groups,
};

/// How long an official client waits before it connects again: the first time, give or take a half, and at most.
const RECONNECT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

/// A socket of somebody.
pub(crate) struct Reader {
    person: Person,
    groups: Arc<Groups>,
    /// How far it has each group, by its number.
    has: Mutex<HashMap<usize, i64>>,
    status: AtomicU8,
    hang_up: Notify,
}

/// Where a reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Status {
    /// On its way.
    Away,
    /// Let in.
    In,
    /// Put out for good.
    Out,
}

/// What runs a reader; it ends with this.
pub(crate) struct Running(JoinHandle<()>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Reader {
    /// Reads what somebody is told, from what they have of the groups on.
    pub(crate) fn start(
        person: &Person,
        groups: &Arc<Groups>,
        has: HashMap<usize, i64>,
    ) -> (Arc<Self>, Running) {
        let reader = Arc::new(Self {
            person: person.clone(),
            groups: Arc::clone(groups),
            has: Mutex::new(has),
            status: AtomicU8::new(Status::Away as u8),
            hang_up: Notify::new(),
        });
        let running = tokio::spawn(Arc::clone(&reader).run());
        (reader, Running(running))
    }

    /// Where it is.
    pub(crate) fn is(&self, status: Status) -> bool {
        self.status.load(Ordering::Acquire) == status as u8
    }

    /// What it has of a group.
    pub(crate) fn has(&self, group: usize) -> i64 {
        self.all().get(&group).copied().unwrap_or_default()
    }

    /// Loses its connection.
    pub(crate) fn hang_up(&self) {
        self.hang_up.notify_one();
    }

    async fn run(self: Arc<Self>) {
        let mut pause = RECONNECT.0;
        loop {
            match Socket::connect(&self.groups.balancer, &self.hello()).await {
                Ok(socket) => {
                    pause = RECONNECT.0;
                    self.turn(Status::In);
                    let put_out = tokio::select! {
                        put_out = self.read(socket) => put_out,
                        () = self.hang_up.notified() => false,
                    };
                    if put_out {
                        return self.turn(Status::Out);
                    }
                    self.turn(Status::Away);
                }
                Err(Refused::Away) => {}
                Err(Refused::Code(code)) if code / 100 == 401 => {
                    return self.turn(Status::Out);
                }
                Err(Refused::Code(_)) => {}
            }
            let factor = rng().random_range(0.5..1.5);
            sleep(RECONNECT.1.min(pause.mul_f64(factor))).await;
            pause = RECONNECT.1.min(pause * 2);
        }
    }

    fn hello(&self) -> Value {
        let all = self.all();
        let have: HashMap<Uuid, i64> =
            all.iter().map(|(group, has)| (self.groups.ids[*group], *has)).collect();
        json!({ "token": self.person.token, "have": have })
    }

    /// Reads until the connection ends. True when the server wants it to.
    async fn read(&self, mut socket: Socket) -> bool {
        loop {
            match socket.hear().await {
                Ok(Heard::Event(name, payload)) => self.take(&name, &payload).await,
                Ok(Heard::PutOut) => return true,
                Err(_) => return false,
            }
        }
    }

    async fn take(&self, event: &str, payload: &Value) {
        let id = |field: &str| payload[field].as_str().and_then(|id| id.parse::<Uuid>().ok());
        let Some(group) = id("group_id").and_then(|id| self.groups.number(id)) else {
            return;
        };
        let history = &self.groups.history;
        match (event, payload["seq"].as_i64(), id("id")) {
            ("message", Some(seq), Some(id)) => {
                let has = self.has(group);
                self.set(group, history.deliver(group, (id, seq), has));
            }
            ("resync", ..) => {
                // Read from the log, as an application does; what comes live goes on after it.
                let last = payload["last_seq"].as_i64().unwrap_or_default();
                for (seq, id) in self.person.log(self.groups.ids[group], self.has(group), last).await {
                    self.set(group, history.deliver(group, (id, seq), self.has(group)));
                }
            }
            ("member" | "group" | "read" | "closed", ..) => {}
            _ => history.fault(Fault::Broken, format_args!("an event {event} that nobody understands")),
        }
    }

    fn set(&self, group: usize, has: i64) {
        self.all().insert(group, has);
    }

    fn turn(&self, status: Status) {
        self.status.store(status as u8, Ordering::Release);
    }

    // Nothing panics while it holds the lock.
    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<usize, i64>> {
        self.has.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
