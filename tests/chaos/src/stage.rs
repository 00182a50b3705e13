//! The shape, the town, and what has happened so far: what every scenario works with.

use std::{collections::HashMap, sync::Arc, time::Duration};

use engine_interfaces::BoxError;
use production_shape::Shape;
use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::time::{Instant, sleep};

use crate::{
    history::{Fault, History},
    load::Load,
    options::Options,
    report::Row,
    store::{Links, Store},
    town::Town,
};

/// Longer than this nothing may take to be whole again.
const RECOVERY_LIMIT: Duration = Duration::from_secs(60);
/// How long links may take: as long as a dead worker's term, and what it takes to come to the end of a stream.
const LINK_LIMIT: Duration = Duration::from_secs(60);
const LINK_LOOK: Duration = Duration::from_millis(200);

/// The settings in which the processes differ from the default ones.
const SETTINGS: [(&str, &str); 3] = [
    // Hundreds of people sign up from one machine, and what a hash costs is not in question.
    ("BCRYPT_COST", "4"),
    ("SIGN_UPS_PER_NETWORK", "1000000"),
    // The receiver of web hooks is here too.
    ("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8"),
];

/// What every scenario works with.
pub(crate) struct Stage {
    pub(crate) options: Options,
    pub(crate) shape: Shape,
    pub(crate) town: Arc<Town>,
    /// Chooses victims and pauses.
    pub(crate) dice: StdRng,
    /// What each has read of their groups.
    markers: Vec<HashMap<usize, i64>>,
    loads: u64,
}

impl Stage {
    /// Starts the shape, and lets people in.
    pub(crate) async fn set(options: Options) -> Result<Self, BoxError> {
        let shape = Shape::start(&options.binaries, &SETTINGS).await?;
        let (people, groups) = (options.people as usize, options.groups as usize);
        let town = Town::settle(&shape.address("balancer"), people, groups, 1).await?;
        Ok(Self {
            dice: StdRng::seed_from_u64(options.seed),
            markers: vec![HashMap::new(); town.residents.len()],
            town: Arc::new(town),
            loads: 0,
            shape,
            options,
        })
    }

    /// Everybody begins to send, so many messages in a second.
    pub(crate) fn begin(&mut self, rate: u32) -> Load {
        self.loads += 1;
        let seed = self.options.seed.wrapping_mul(1_000).wrapping_add(self.loads);
        Load::start(&self.town, rate, seed, &self.markers)
    }

    /// Everybody ends, and all that happened is checked and put into the row.
    pub(crate) async fn finish(&mut self, load: Load, row: &mut Row) -> Result<(), BoxError> {
        row.lasted = load.began.elapsed();
        self.markers = load.finish().await?;
        self.check(row).await
    }

    /// The same, where no request may have failed.
    pub(crate) async fn finish_flawless(&mut self, load: Load, row: &mut Row) -> Result<(), BoxError> {
        self.finish(load, row).await?;
        if row.tally.failed > 0 {
            *row.tally.faults.entry(Fault::Broken).or_default() += 1;
            row.notes.push(format!("{} requests failed, and none may", row.tally.failed));
        }
        Ok(())
    }

    /// Nobody sends: all that happened is checked and put into the row.
    pub(crate) async fn check(&mut self, row: &mut Row) -> Result<(), BoxError> {
        let history = &self.town.groups.history;
        self.town.check(&self.markers).await;
        self.check_links(history).await?;
        row.tally = history.take();
        Ok(())
    }

    /// Nobody sends: is every message there is linked to its author, and are there no other links?
    pub(crate) async fn check_links(&self, history: &History) -> Result<(), BoxError> {
        let (store, began) = (Store::of(&self.shape), Instant::now());
        let links = loop {
            let links = store.links().await?;
            if links.missing == 0 || began.elapsed() > LINK_LIMIT {
                break links;
            }
            sleep(LINK_LOOK).await;
        };
        let Links { missing, surplus } = links;
        if missing > 0 {
            history.fault(Fault::Unlinked, format_args!("{missing} messages are linked to nobody"));
        }
        if surplus > 0 {
            history.fault(Fault::Doubled, format_args!("{surplus} links are of no message"));
        }
        Ok(())
    }

    /// Somebody has read a group up to somewhere.
    pub(crate) fn has_read(&mut self, resident: usize, group: usize, seq: i64) {
        let read = self.markers[resident].entry(group).or_default();
        *read = seq.max(*read);
    }

    /// From the blow to the moment when everybody is in, and in each group what was sent after it has arrived.
    pub(crate) async fn recovery(&self, blow: Instant) -> Option<Duration> {
        let whole = self.town.whole_again(RECOVERY_LIMIT).await;
        let in_again = self.town.everybody_is_in(RECOVERY_LIMIT).await;
        if whole.and(in_again).is_none() {
            let history = &self.town.groups.history;
            history.fault(Fault::Broken, format_args!("not whole again after {RECOVERY_LIMIT:?}"));
            return None;
        }
        Some(blow.elapsed())
    }

    /// A while of ordinary life, by the plan.
    pub(crate) async fn pause(&mut self) {
        let longest = if self.options.short { 500 } else { 1_500 };
        sleep(Duration::from_millis(self.dice.random_range(200..longest))).await;
    }

    /// One of these, by the plan.
    pub(crate) fn one_of<'a>(&mut self, names: &[&'a str]) -> &'a str {
        names[self.dice.random_range(0..names.len())]
    }
}
