//! When a message is told of: at the end of the interval in which it has been unread for long enough. So one
//! job for each group and interval finds all that there is to tell, and the intervals of all groups end
//! together.

use std::time::Duration;

use engine_interfaces::Timestamp;

/// When messages are told of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    interval: Duration,
    after: Duration,
}

impl Schedule {
    /// An interval of no time is one of a second.
    pub(super) fn new(interval: Duration, after: Duration) -> Self {
        Self { interval: interval.max(Duration::from_secs(1)), after }
    }

    /// The beginning of the interval that `at` is in.
    pub(super) fn slot(self, at: Timestamp) -> Timestamp {
        let micros = i64::try_from(self.interval.as_micros()).unwrap_or(i64::MAX);
        let begin = at.micros() - at.micros().rem_euclid(micros);
        Timestamp::from_micros(begin).unwrap_or(at)
    }

    /// The beginning of the interval after the one that `at` is in.
    pub(super) fn next_slot(self, at: Timestamp) -> Timestamp {
        self.slot(at).plus(self.interval)
    }

    /// When a message of `at` is told of.
    pub(super) fn told_at(self, at: Timestamp) -> Timestamp {
        self.next_slot(at.plus(self.after))
    }

    /// What is told of at `now` is from then or before.
    pub(super) fn unread_since(self, now: Timestamp) -> Timestamp {
        now.minus(self.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(time: &str) -> Timestamp {
        format!("2026-03-04T{time}Z").parse().unwrap()
    }

    #[test]
    fn a_message_is_told_of_once_it_has_been_unread_for_long_enough() {
        let schedule = Schedule::new(60 * MINUTE, 15 * MINUTE);
        for (sent, told) in [
            ("05:00:00", "06:00:00"),
            ("05:44:59.999999", "06:00:00"),
            ("05:45:00", "07:00:00"),
            ("06:44:59", "07:00:00"),
        ] {
            let (sent, told) = (at(sent), at(told));
            assert_eq!(schedule.told_at(sent), told);
            assert!(schedule.unread_since(told) >= sent, "by then it has waited for long enough");
        }
    }

    #[test]
    fn intervals_follow_one_another() {
        let schedule = Schedule::new(60 * MINUTE, Duration::ZERO);
        assert_eq!(schedule.slot(at("05:00:00")), at("05:00:00"));
        assert_eq!(schedule.slot(at("05:59:59.999999")), at("05:00:00"));
        assert_eq!(schedule.next_slot(at("05:59:59.999999")), at("06:00:00"));
        assert_eq!(Schedule::new(Duration::ZERO, MINUTE).slot(at("05:00:01.5")), at("05:00:01"));
    }
}
