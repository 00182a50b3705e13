//! One process dies or stands still, again and again, while everybody talks.

use std::{ops::Range, time::Duration};

use engine_interfaces::BoxError;
use rand::Rng;
use tokio::time::{Instant, sleep};

use crate::{report::Row, stage::Stage};

/// A kind of process, and what is done to it.
pub(crate) struct Blow {
    pub(crate) name: &'static str,
    processes: &'static [&'static str],
    act: Act,
    goal: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    /// Nothing: how long it takes by itself until a message has come to everybody in every group.
    Nothing,
    /// `kill -9`, and a start at once.
    Kill,
    /// The same, and what it had stored is gone.
    Wipe,
    /// SIGSTOP for some seconds. The recovery counts from SIGCONT on.
    Stall,
}

const API: &[&str] = &["api1", "api2"];
const REALTIME: &[&str] = &["realtime1", "realtime2"];
const WORKER: &[&str] = &["worker1", "worker2", "worker3"];
/// For how many milliseconds a process stands still.
const STALL: Range<u64> = 2_000..6_000;
const GOAL: Duration = Duration::from_secs(2);
const POSTGRES_GOAL: Duration = Duration::from_secs(5);

const fn blow(name: &'static str, processes: &'static [&'static str], act: Act, goal: Duration) -> Blow {
    Blow { name, processes, act, goal }
}

/// Every blow.
pub(crate) const BLOWS: [Blow; 12] = [
    blow("nothing", &["nothing"], Act::Nothing, GOAL),
    blow("kill api", API, Act::Kill, GOAL),
    blow("kill realtime", REALTIME, Act::Kill, GOAL),
    blow("kill worker", WORKER, Act::Kill, GOAL),
    blow("kill redis", &["redis"], Act::Kill, GOAL),
    blow("kill and empty redis", &["redis"], Act::Wipe, GOAL),
    blow("kill postgres", &["postgres"], Act::Kill, POSTGRES_GOAL),
    blow("stall api", API, Act::Stall, GOAL),
    blow("stall realtime", REALTIME, Act::Stall, GOAL),
    blow("stall worker", WORKER, Act::Stall, GOAL),
    blow("stall redis", &["redis"], Act::Stall, GOAL),
    blow("stall postgres", &["postgres"], Act::Stall, POSTGRES_GOAL),
];

impl Blow {
    /// Is it quick enough for a test run?
    pub(crate) fn is_short(&self) -> bool {
        self.act != Act::Stall
    }

    /// Strikes so often, and checks everything.
    pub(crate) async fn strike(&self, stage: &mut Stage) -> Result<Row, BoxError> {
        // A process that stands still does so for seconds.
        let rounds =
            if self.act == Act::Stall { stage.options.rounds.div_ceil(5) } else { stage.options.rounds };
        let mut row = Row { name: self.name.to_owned(), rounds, goal: Some(self.goal), ..Row::default() };
        let load = stage.begin(stage.options.rate);
        for _ in 0..rounds {
            stage.pause().await;
            let victim = stage.one_of(self.processes);
            let blow = self.strike_once(stage, victim).await?;
            row.recoveries.extend(stage.recovery(blow).await);
        }
        stage.finish(load, &mut row).await?;
        Ok(row)
    }

    /// Answers since when the recovery counts.
    async fn strike_once(&self, stage: &mut Stage, victim: &str) -> Result<Instant, BoxError> {
        let (shape, history) = (&stage.shape, &stage.town.groups.history);
        let mut blow = Instant::now();
        match self.act {
            Act::Nothing => history.mark(),
            Act::Kill | Act::Wipe => {
                shape.kill(victim).await?;
                history.mark();
                if self.act == Act::Wipe {
                    shape.empty_redis()?;
                }
                shape.launch(victim).await?;
            }
            Act::Stall => {
                shape.stall(victim)?;
                sleep(Duration::from_millis(stage.dice.random_range(STALL))).await;
                blow = Instant::now();
                history.mark();
                shape.resume(victim)?;
            }
        }
        Ok(blow)
    }
}
