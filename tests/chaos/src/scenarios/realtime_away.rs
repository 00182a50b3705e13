//! All real time is away: HTTP goes on as if nothing were. How soon people are back afterwards is up to their
//! clients, which ask less often the longer it takes.

use std::time::Duration;

use engine_interfaces::BoxError;
use tokio::time::{Instant, sleep};

use crate::{
    report::{Row, latency},
    stage::Stage,
};

/// How long there is real time, and how long there is none.
const EACH: Duration = Duration::from_secs(10);
const NAMES: [&str; 2] = ["realtime1", "realtime2"];

pub(super) async fn play(stage: &mut Stage, mut row: Row) -> Result<Row, BoxError> {
    let load = stage.begin(stage.options.rate);
    sleep(EACH).await;
    let history = &stage.town.groups.history;
    row.notes.push(format!("answers in normal times: {}", latency(history.take_latencies())));
    for name in NAMES {
        stage.shape.kill(name).await?;
    }
    sleep(EACH).await;
    row.notes.push(format!("answers without real time: {}", latency(history.take_latencies())));
    let back = Instant::now();
    history.mark();
    for name in NAMES {
        stage.shape.launch(name).await?;
    }
    row.recoveries.extend(stage.recovery(back).await);
    stage.finish_flawless(load, &mut row).await?;
    Ok(row)
}
