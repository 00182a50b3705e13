//! What the processes take while nobody is there.

use std::time::Duration;

use engine_interfaces::BoxError;
use production_shape::Shape;

use crate::{
    kernel,
    options::Options,
    report::{Beside, Line},
};

/// One of each.
const PROCESSES: [&str; 3] = ["api1", "realtime1", "worker1"];
/// How long they are left alone.
const SETTLE: Duration = Duration::from_secs(5);

pub(crate) async fn measure(options: &Options) -> Result<Vec<Line>, BoxError> {
    let shape = Shape::start(&options.binaries, &[]).await?;
    tokio::time::sleep(SETTLE).await;
    let mut all = Line::new("api, realtime and worker", "resident memory, MB").at_most(60.0, Beside::Nothing);
    let mut lines = Vec::new();
    let mut sum = 0.0;
    for name in PROCESSES {
        let resident = kernel::resident(shape.process(name)?.id()) as f64 / 1e6;
        let mut line = Line::new(name.trim_end_matches('1'), "resident memory, MB");
        line.ours.push(resident);
        lines.push(line);
        sum += resident;
    }
    all.ours.push(sum);
    lines.push(all);
    Ok(lines)
}
