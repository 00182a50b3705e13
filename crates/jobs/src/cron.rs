//! Jobs that the time of day causes.
//!
//! apalis-cron reads the machine's clock, and ticks once in every process. This reads [`Clock`], and the key of
//! the slot lets any number of processes enqueue one job.

use engine_interfaces::{Clock, Outage, Timestamp};

use crate::{Store, chain};

/// How often a job is caused. No more seldom than finished jobs are kept, so that a slot whose job was done
/// is not forgotten before the next one begins.
///
/// # Example
/// ```
/// use jobs::{Every, Runner};
///
/// /// However many processes run, a slot has one job; what passed while none ran is made up for once.
/// fn with_crons(runner: Runner) -> Runner {
///     runner.cron("example.tidy", Every::Hour).cron("example.report", Every::Day)
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// At each full minute.
    Minute,
    /// At each full hour.
    Hour,
    /// At midnight, UTC.
    Day,
}

impl Every {
    const fn secs(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 60 * 60,
            Self::Day => 24 * 60 * 60,
        }
    }

    /// The key of the slot that `now` is in: the same in every process, so that one job is enqueued however
    /// many there are, and one for the slots that passed while none ran.
    fn slot(self, now: Timestamp) -> String {
        let begin = now.secs() - now.secs().rem_euclid(self.secs());
        Timestamp::from_secs(begin).unwrap_or(now).to_string()
    }
}

/// One kind of job that the time of day causes.
pub(crate) struct Cron {
    kind: &'static str,
    every: Every,
    /// The slot that was enqueued last.
    enqueued: Option<String>,
    outage: Outage,
}

impl Cron {
    pub(crate) fn new(kind: &'static str, every: Every) -> Self {
        Self { kind, every, enqueued: None, outage: Outage::default() }
    }

    pub(crate) fn kind(&self) -> &'static str {
        self.kind
    }

    /// Enqueues the job of the slot that the time is in, once.
    pub(crate) async fn enqueue(&mut self, own: &Store, clock: &dyn Clock) {
        let slot = self.every.slot(clock.now());
        if self.enqueued.as_ref() == Some(&slot) {
            return;
        }
        match own.enqueue(self.kind, slot.clone(), &serde_json::Value::Null).await {
            Ok(()) => {
                self.enqueued = Some(slot);
                self.outage.ends();
            }
            Err(error) if self.outage.begins() => {
                tracing::warn!(job.kind = self.kind, error = %chain(&error), "a job of this slot is not enqueued yet");
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_has_one_key_from_its_first_to_its_last_moment() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let key = "2026-03-04T05:00:00.000000Z";
        assert_eq!(Every::Hour.slot(at("2026-03-04T05:00:00Z")), key);
        assert_eq!(Every::Hour.slot(at("2026-03-04T05:59:59.999999Z")), key);
        assert_ne!(Every::Hour.slot(at("2026-03-04T06:00:00Z")), key);
        assert_eq!(Every::Day.slot(at("2026-03-04T05:06:07Z")), "2026-03-04T00:00:00.000000Z");
        assert_eq!(Every::Minute.slot(at("1969-12-31T23:59:59Z")), "1969-12-31T23:59:00.000000Z");
    }
}
