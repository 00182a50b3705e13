//! Every process is told to stop and starts again, one after the other: nobody fails, and nobody is signed out.

use std::time::Duration;

use engine_interfaces::BoxError;
use tokio::time::Instant;

use crate::{report::Row, stage::Stage};

const NAMES: [&str; 7] = ["api1", "api2", "realtime1", "realtime2", "worker1", "worker2", "worker3"];

pub(super) async fn play(stage: &mut Stage, mut row: Row) -> Result<Row, BoxError> {
    row.rounds = NAMES.len() as u32;
    let load = stage.begin(stage.options.rate);
    let mut slowest = Duration::ZERO;
    for name in NAMES {
        stage.pause().await;
        let told = Instant::now();
        stage.shape.terminate(name).await?;
        slowest = slowest.max(told.elapsed());
        let ended = Instant::now();
        stage.town.groups.history.mark();
        stage.shape.launch(name).await?;
        stage.shape.ready(name).await?;
        row.recoveries.extend(stage.recovery(ended).await);
    }
    row.notes.push(format!("the slowest took {:.1} s from SIGTERM to its end", slowest.as_secs_f64()));
    stage.finish_flawless(load, &mut row).await?;
    Ok(row)
}
