//! What takes longer than one blow.

mod crowd;
mod fail_points;
mod leader;
mod realtime_away;
mod receiver;
mod redis_away;
mod rolling;
mod witness;

use engine_interfaces::BoxError;

use crate::{report::Row, stage::Stage};

/// Every scenario.
pub(crate) const NAMES: [&str; 6] = [
    FAIL_POINTS,
    "stall a ring's leader",
    "redis away",
    "all realtime away",
    "rolling restart",
    "5000 sockets dropped",
];

/// The one that is quick enough for a test run.
pub(crate) const FAIL_POINTS: &str = "kill api at a point";

/// Plays one.
pub(crate) async fn play(name: &str, stage: &mut Stage) -> Result<Row, BoxError> {
    let row = Row { name: name.to_owned(), rounds: 1, ..Row::default() };
    match name {
        FAIL_POINTS => fail_points::play(stage, row).await,
        "stall a ring's leader" => leader::play(stage, row).await,
        "redis away" => redis_away::play(stage, row).await,
        "all realtime away" => realtime_away::play(stage, row).await,
        "rolling restart" => rolling::play(stage, row).await,
        _ => crowd::play(stage, row).await,
    }
}
