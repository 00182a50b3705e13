//! What the processes of the shape have worked.

use std::time::Duration;

use engine_interfaces::BoxError;
use production_shape::Shape;

use crate::kernel;

/// Those whose work is counted together.
pub(crate) const KINDS: [&str; 5] = ["api", "realtime", "worker", "postgres", "redis"];
const PROCESSES: [&[&str]; KINDS.len()] = [
    &["api1", "api2"],
    &["realtime1", "realtime2"],
    &["worker1", "worker2", "worker3"],
    &["postgres"],
    &["redis"],
];

/// The processor time of each of [`KINDS`].
pub(crate) type Times = [Duration; KINDS.len()];

/// The processor time of each kind of process so far.
pub(crate) fn times(shape: &Shape) -> Result<Times, BoxError> {
    let mut times = Times::default();
    for (time, names) in times.iter_mut().zip(PROCESSES) {
        for name in names {
            *time += of(shape, name)?;
        }
    }
    Ok(times)
}

/// The processor time of one process so far.
pub(crate) fn of(shape: &Shape, name: &str) -> Result<Duration, BoxError> {
    Ok(kernel::cpu(shape.process(name)?.id()))
}

/// What passed between two moments, of each kind and of all.
pub(crate) fn between(before: &Times, after: &Times) -> (Times, Duration) {
    let passed: Times = std::array::from_fn(|kind| after[kind].saturating_sub(before[kind]));
    (passed, passed.iter().sum())
}
