//! Everybody talks: so many messages in a second, each repeated with its id until it is acknowledged.

use std::{collections::HashMap, sync::Arc, time::Duration};

use engine_interfaces::{BoxError, Clock, SystemClock};
use rand::{Rng, SeedableRng, rngs::StdRng};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{history::Fault, person::Attempts, town::Town};

/// One of so many messages is followed by a moved read marker.
const MARK_EVERY: u32 = 10;
/// How long what is in hand may take once the load is to end.
const END_LIMIT: Duration = Duration::from_secs(60);

/// Everybody who is sending.
pub(crate) struct Load {
    pub(crate) began: Instant,
    stop: CancellationToken,
    senders: JoinSet<(usize, HashMap<usize, i64>)>,
}

impl Load {
    /// Begins. `markers` is what each has read of their groups.
    pub(crate) fn start(town: &Arc<Town>, rate: u32, seed: u64, markers: &[HashMap<usize, i64>]) -> Self {
        let stop = CancellationToken::new();
        let every = Duration::from_secs(1) * town.residents.len() as u32 / rate;
        let mut senders = JoinSet::new();
        for (number, markers) in markers.iter().cloned().enumerate() {
            let sender = Sender {
                town: Arc::clone(town),
                number,
                dice: StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(number as u64)),
                sent: HashMap::new(),
                markers,
            };
            let stop = stop.clone();
            senders.spawn(async move { (number, sender.run(every, stop).await) });
        }
        Self { began: Instant::now(), stop, senders }
    }

    /// Ends once everything is acknowledged; answers what each has read.
    pub(crate) async fn finish(mut self) -> Result<Vec<HashMap<usize, i64>>, BoxError> {
        self.stop.cancel();
        let mut markers = vec![HashMap::new(); self.senders.len()];
        let all = async {
            while let Some(sender) = self.senders.join_next().await {
                let (number, read) = sender?;
                markers[number] = read;
            }
            Ok::<_, BoxError>(())
        };
        timeout(END_LIMIT, all).await.map_err(|_| "some messages are never acknowledged")??;
        Ok(markers)
    }
}

/// Somebody who is sending, one message after the other.
struct Sender {
    town: Arc<Town>,
    number: usize,
    dice: StdRng,
    /// Where their last message in each group is.
    sent: HashMap<usize, i64>,
    /// What they have read: their own messages too.
    markers: HashMap<usize, i64>,
}

impl Sender {
    async fn run(mut self, every: Duration, stop: CancellationToken) -> HashMap<usize, i64> {
        // Not all of them at the same moment.
        let first = Instant::now() + every.mul_f64(self.dice.random());
        let mut turn = interval_at(first, every);
        turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return self.markers,
                _ = turn.tick() => {}
            }
            let groups = &self.town.residents[self.number].groups;
            let group = groups[self.dice.random_range(0..groups.len())];
            self.send(group).await;
            if self.dice.random_ratio(1, MARK_EVERY) {
                self.mark_read(group).await;
            }
        }
    }

    async fn send(&mut self, group: usize) {
        let town = Arc::clone(&self.town);
        let resident = &town.residents[self.number];
        let (id, began) = (SystemClock.new_id(), std::time::Instant::now());
        let path = format!("/groups/{}/messages", town.groups.ids[group]);
        let body = json!({"message": {"id": id, "message": "What a day it is"}});
        let (answer, attempts) = resident.person.insist(Method::POST, &path, Some(&body)).await;
        self.count(attempts);
        let history = &town.groups.history;
        let told: Option<Uuid> = answer.body["id"].as_str().and_then(|id| id.parse().ok());
        match (answer.status, answer.body["seq"].as_i64(), told) {
            (StatusCode::CREATED | StatusCode::OK, Some(seq), Some(told)) if told == id => {
                let last = self.sent.insert(group, seq).unwrap_or_default();
                history.acknowledge(group, (id, seq), last, began);
                self.read(group, seq);
            }
            (StatusCode::UNAUTHORIZED, ..) => {
                history.fault(Fault::SignedOut, format_args!("a sender was refused"))
            }
            (status, ..) => history.fault(Fault::Broken, format_args!("a send was answered {status}")),
        }
    }

    async fn mark_read(&mut self, group: usize) {
        let town = Arc::clone(&self.town);
        let resident = &town.residents[self.number];
        let seq = resident.readers[0].has(group);
        let path = format!("/groups/{}/read", town.groups.ids[group]);
        let body = json!({"read": {"seq": seq}});
        let (answer, attempts) = resident.person.insist(Method::PUT, &path, Some(&body)).await;
        self.count(attempts);
        if answer.status == StatusCode::NO_CONTENT {
            self.read(group, seq);
        } else {
            let history = &town.groups.history;
            history.fault(Fault::Broken, format_args!("a marker was answered {}", answer.status));
        }
    }

    fn read(&mut self, group: usize, seq: i64) {
        let read = self.markers.entry(group).or_default();
        *read = seq.max(*read);
    }

    fn count(&self, attempts: Attempts) {
        (0..attempts.failed).for_each(|_| self.town.groups.history.failed());
    }
}
