//! Takes leases on topics, and gives them back.

use std::{collections::BTreeMap, sync::Arc};

use engine_interfaces::{Outage, RingTerm, RingTermsError, Topic};
use redis::{Cmd, RedisResult};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::{
    assignment::rings,
    scripts::{LEASE, WORKERS, script},
    server::Server,
};
use crate::{
    meters::REDIS,
    redis::RedisSettings,
    rings::{Shared, leader::Command, right::Right},
};

/// For how many looks a lease is vacant before the next worker of the ring tries for it.
const LOOKS_A_PLACE: u32 = 2;

/// This process's place in the rings: takes leases on the topics that are its own, and on those that others of
/// their rings leave vacant; keeps them; gives them back. Has terms begun for what it takes.
pub(super) struct Seat {
    name: String,
    server: watch::Receiver<Option<Server>>,
    redis: Arc<RedisSettings>,
    shared: Arc<Shared>,
    right: Right,
    commands: mpsc::Sender<Command>,
    held: BTreeMap<Topic, Held>,
    /// How often in a row a lease was seen vacant.
    vacant: BTreeMap<Topic, u32>,
    /// Those that live, as last seen.
    workers: Vec<String>,
    /// Counts the changes of `workers`.
    change: u64,
    /// The connection on which it was last shown that this process lives.
    shown_on: Option<u64>,
    beginning: JoinSet<Begun>,
    /// Terms can't be begun here.
    unfit: Outage,
    fit_from: Instant,
    stopping: bool,
}

/// The topics for which terms were to be begun, and the terms.
type Begun = (Vec<Topic>, Result<Vec<RingTerm>, RingTermsError>);

/// A lease that is held.
struct Held {
    stage: Stage,
    /// Of the living, when it was taken.
    change: u64,
    taken_at: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Its term is being begun.
    Beginning,
    Leading,
    /// What is in hand is being finished.
    Leaving,
}

impl Seat {
    pub(super) fn new(
        name: String,
        server: watch::Receiver<Option<Server>>,
        redis: Arc<RedisSettings>,
        shared: Arc<Shared>,
        right: Right,
        commands: mpsc::Sender<Command>,
    ) -> Self {
        Self {
            name,
            server,
            redis,
            shared,
            right,
            commands,
            held: BTreeMap::new(),
            vacant: BTreeMap::new(),
            workers: Vec::new(),
            change: 0,
            shown_on: None,
            beginning: JoinSet::new(),
            unfit: Outage::default(),
            fit_from: Instant::now(),
            stopping: false,
        }
    }

    /// Until `stop`, and then until all is handed over or too much time has passed.
    pub(super) async fn run(
        mut self,
        mut left: mpsc::UnboundedReceiver<Vec<Topic>>,
        stop: impl Future<Output = ()> + Send,
    ) {
        let mut stop = std::pin::pin!(stop);
        let mut tick = interval(self.shared.settings.renew);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut end = Instant::now();
        while !self.stopping || (!self.held.is_empty() && Instant::now() < end) {
            tokio::select! {
                _ = tick.tick() => self.look().await,
                Some(topics) = left.recv() => self.leave(&topics).await,
                Some(begun) = self.beginning.join_next() => {
                    if let Ok((topics, begun)) = begun {
                        self.begun(topics, begun).await;
                    }
                }
                () = &mut stop, if !self.stopping => {
                    self.stopping = true;
                    end = Instant::now() + self.shared.settings.drain;
                    let leading: Vec<_> = self.in_stage(Stage::Leading).collect();
                    self.ask_to_leave(leading).await;
                    // What is only being begun is left as it is.
                    let beginning: Vec<_> = self.in_stage(Stage::Beginning).collect();
                    self.leave(&beginning).await;
                    self.look().await;
                }
                () = sleep_until(end), if self.stopping => {}
            }
        }
        let rest: Vec<_> = self.held.keys().copied().collect();
        self.leave(&rest).await;
    }

    fn in_stage(&self, stage: Stage) -> impl Iterator<Item = Topic> {
        self.held.iter().filter(move |(_, held)| held.stage == stage).map(|(topic, _)| *topic)
    }

    /// Shows that this process lives, keeps what it holds, takes what is its, and gives up what is another's.
    async fn look(&mut self) {
        if !self.right.holds() {
            self.lose(self.held.keys().copied().collect()).await;
        }
        let Some(server) = self.server.borrow().clone() else { return };
        let asked = Instant::now();
        match self.ask(&server).await {
            Ok(holders) => {
                // Its leases are from then or later.
                self.right.extend(asked + self.shared.settings.lease);
                self.heed(holders).await;
            }
            Err(error) => tracing::debug!(kind = ?error.kind(), "the leases could not be looked at"),
        }
    }

    /// Who holds each lease.
    async fn ask(&mut self, server: &Server) -> RedisResult<Vec<Option<String>>> {
        let lease = self.lease();
        let is_fit = !self.stopping && Instant::now() >= self.fit_from;
        let show =
            script(WORKERS, &self.redis.workers()).arg(&self.name).arg(lease).arg(u8::from(is_fit)).take();
        let mut workers: Vec<String> = show.query_async(&mut server.connection.clone()).await?;
        // They come by when they were last seen, which is no change.
        workers.sort_unstable();
        if workers != self.workers {
            self.workers = workers;
            self.change += 1;
        }
        // The others have to see this process first, or it would take what is theirs.
        let may_take = is_fit && self.shown_on == Some(server.number);
        self.shown_on = Some(server.number);
        let rings = rings(&self.workers);
        let ask = |topic: Topic| {
            let ring = rings.get(&topic).map_or(&[][..], Vec::as_slice);
            let place = ring.iter().position(|worker| *worker == self.name);
            let vacant = self.vacant.get(&topic).copied().unwrap_or(0);
            let is_next = place.is_some_and(|place| vacant as usize >= place * LOOKS_A_PLACE as usize);
            let wanted = self.held.contains_key(&topic) || (may_take && is_next);
            self.for_lease(topic, wanted)
        };
        server.connection.ask_each(Topic::all().map(ask).collect()).await
    }

    /// Takes or keeps the lease where it is wanted; else gives it back.
    fn for_lease(&self, topic: Topic, wanted: bool) -> Cmd {
        let mut command = script(LEASE, &self.redis.lease(topic));
        command.arg(&self.name).arg(self.lease()).arg(u8::from(wanted)).take()
    }

    fn lease(&self) -> u64 {
        u64::try_from(self.shared.settings.lease.as_millis()).unwrap_or(u64::MAX)
    }

    async fn heed(&mut self, holders: Vec<Option<String>>) {
        let (mut taken, mut lost) = (Vec::new(), Vec::new());
        for (topic, holder) in Topic::all().zip(holders) {
            let is_ours = holder.as_ref() == Some(&self.name);
            match self.held.contains_key(&topic) {
                true if !is_ours => lost.push(topic),
                false if is_ours => taken.push(topic),
                _ => {}
            }
            let vacant = self.vacant.entry(topic).or_default();
            *vacant = if holder.is_none() { vacant.saturating_add(1) } else { 0 };
        }
        self.lose(lost).await;
        self.begin(taken);
        let (owners, offer_again) = (rings(&self.workers), self.shared.settings.offer_again);
        let is_anothers = |topic: &Topic, held: &Held| {
            let owner = owners.get(topic).and_then(|ring| ring.first());
            held.stage == Stage::Leading
                && (held.change != self.change || held.taken_at.elapsed() >= offer_again)
                && owner.is_some_and(|owner| *owner != self.name)
        };
        let anothers = self.held.iter().filter(|(topic, held)| is_anothers(topic, held));
        let anothers: Vec<_> = anothers.map(|(topic, _)| *topic).collect();
        self.ask_to_leave(anothers).await;
    }

    /// A lease was taken: what counts is the term.
    fn begin(&mut self, topics: Vec<Topic>) {
        if topics.is_empty() {
            return;
        }
        let held = |topic: &Topic| {
            (*topic, Held { stage: Stage::Beginning, change: self.change, taken_at: Instant::now() })
        };
        self.held.extend(topics.iter().map(held).collect::<Vec<_>>());
        let (shared, name) = (Arc::clone(&self.shared), self.name.clone());
        self.beginning.spawn(async move {
            let begun = shared.terms.begin(&topics, &name).await;
            (topics, begun)
        });
    }

    async fn begun(&mut self, topics: Vec<Topic>, begun: Result<Vec<RingTerm>, RingTermsError>) {
        match begun {
            Ok(mut begun) => {
                if self.unfit.ends() {
                    tracing::info!("terms can be begun again");
                }
                // The lease may have been lost meanwhile.
                begun.retain(|begun| {
                    let held = self.held.get_mut(&begun.term.topic);
                    let held = held.filter(|held| held.stage == Stage::Beginning);
                    held.map(|held| held.stage = Stage::Leading).is_some()
                });
                let topics: Vec<_> = begun.iter().map(|begun| begun.term.topic).collect();
                if !topics.is_empty() {
                    REDIS.terms.increment(topics.len() as u64);
                    tracing::info!(topics = %list(&topics), "leads topics");
                    let _ = self.commands.send(Command::Take(begun)).await;
                }
            }
            Err(error) => {
                if self.unfit.begins() {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "no term can be begun: topics are left to others"
                    );
                }
                self.fit_from = Instant::now() + self.shared.settings.unfit;
                self.leave(&topics).await;
            }
        }
    }

    /// These are another's by now, or nobody's.
    async fn lose(&mut self, topics: Vec<Topic>) {
        if topics.is_empty() {
            return;
        }
        for topic in &topics {
            self.held.remove(topic);
        }
        tracing::warn!(topics = %list(&topics), "leads topics no more: their leases are lost");
        let _ = self.commands.send(Command::Lose(topics)).await;
    }

    /// Has what is in hand finished; the lease is kept until then.
    async fn ask_to_leave(&mut self, topics: Vec<Topic>) {
        if topics.is_empty() {
            return;
        }
        for topic in &topics {
            if let Some(held) = self.held.get_mut(topic) {
                held.stage = Stage::Leaving;
            }
        }
        tracing::info!(topics = %list(&topics), "gives up topics");
        let _ = self.commands.send(Command::Leave(topics)).await;
    }

    /// Gives leases back. Where that fails they run out.
    async fn leave(&mut self, topics: &[Topic]) {
        let held: Vec<_> = topics.iter().filter(|topic| self.held.remove(topic).is_some()).collect();
        let commands: Vec<_> = held.into_iter().map(|topic| self.for_lease(*topic, false)).collect();
        let server = self.server.borrow().clone();
        if let Some(server) = server {
            let released: RedisResult<Vec<Option<String>>> = server.connection.ask_each(commands).await;
            if let Err(error) = released {
                tracing::debug!(kind = ?error.kind(), "leases were not given back");
            }
        }
    }
}

fn list(topics: &[Topic]) -> String {
    topics.iter().map(|topic| topic.0.to_string()).collect::<Vec<_>>().join(",")
}
