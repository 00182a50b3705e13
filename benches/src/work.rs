//! What the processes that are measured have worked.

use std::time::Duration;

use engine_interfaces::BoxError;
use production_shape::Shape;

use crate::kernel;

/// Those whose work is counted together.
pub(crate) const KINDS: [&str; 5] = ["api", "realtime", "worker", "postgres", "redis"];
/// What each of them works for 1,000 messages.
pub(crate) const CPU: [&str; KINDS.len()] = [
    "CPU per 1,000, api, s",
    "CPU per 1,000, realtime, s",
    "CPU per 1,000, worker, s",
    "CPU per 1,000, PostgreSQL, s",
    "CPU per 1,000, Redis, s",
];
/// Which of them delivers.
pub(crate) const REALTIME: usize = 1;
const PROCESSES: [&[&str]; KINDS.len()] = [
    &["api1", "api2"],
    &["realtime1", "realtime2"],
    &["worker1", "worker2", "worker3"],
    &["postgres"],
    &["redis"],
];

/// The processor time of each of [`KINDS`].
pub(crate) type Times = [Duration; KINDS.len()];

/// Processes that do the work.
pub(crate) trait Measured {
    /// Where those of them listen that are asked.
    fn apis(&self) -> Vec<String>;

    /// The processor time of each kind of process so far.
    fn times(&self) -> Result<Times, BoxError>;
}

impl Measured for Shape {
    fn apis(&self) -> Vec<String> {
        vec![self.address("api1"), self.address("api2")]
    }

    fn times(&self) -> Result<Times, BoxError> {
        let mut times = Times::default();
        for (time, names) in times.iter_mut().zip(PROCESSES) {
            for name in names {
                *time += of(self, name)?;
            }
        }
        Ok(times)
    }
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
