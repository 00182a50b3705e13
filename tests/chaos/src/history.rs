//! What was acknowledged and what was delivered, and what is wrong with it.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use uuid::Uuid;

/// How many faults are told in words; the others are counted.
const TOLD: usize = 20;

/// A kind of fault. None of them may ever happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Fault {
    /// Acknowledged, and not in the log where it was acknowledged.
    Lost,
    /// In the log twice, or delivered twice to a socket.
    Doubled,
    /// Delivered after a later one, or acknowledged before an earlier one of its sender.
    OutOfOrder,
    /// A socket went past a message, or lacks it once everybody has caught up.
    Gap,
    /// What somebody has not read is counted wrong.
    Unread,
    /// A message that its author is not linked to.
    Unlinked,
    /// A token that nobody had signed out was refused.
    SignedOut,
    /// Something else that was promised did not hold.
    Broken,
}

/// How often what happened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Messages that were acknowledged.
    pub(crate) messages: u64,
    /// Requests that failed, also when they were repeated on a new connection.
    pub(crate) failed: u64,
    /// Faults by kind.
    pub(crate) faults: HashMap<Fault, u64>,
    /// How long each acknowledgement took, from the first attempt on.
    pub(crate) latencies: Vec<Duration>,
}

/// What the people of a town have seen. Groups are named by their number there.
pub(crate) struct History {
    logs: Vec<Mutex<Log>>,
    tally: Mutex<Tally>,
    told: Mutex<Vec<String>>,
}

/// What is known of a group.
#[derive(Default)]
struct Log {
    /// Which message is at which position, by whoever told it first.
    placed: HashMap<i64, Uuid>,
    /// What was acknowledged since the last check.
    acknowledged: HashMap<Uuid, i64>,
    /// What the log had at the last check.
    checked: HashSet<Uuid>,
    end: i64,
    mark: Option<Mark>,
}

/// The first message that was begun after some moment, and acknowledged.
struct Mark {
    at: Instant,
    first: Option<i64>,
}

impl History {
    /// Of a town with so many groups.
    pub(crate) fn new(groups: usize) -> Self {
        Self {
            logs: (0..groups).map(|_| Mutex::default()).collect(),
            tally: Mutex::default(),
            told: Mutex::default(),
        }
    }

    /// A message of somebody was acknowledged at `seq`; their last one there was at `last`.
    pub(crate) fn acknowledge(&self, group: usize, (id, seq): (Uuid, i64), last: i64, began: Instant) {
        let mut log = self.log(group);
        log.acknowledged.insert(id, seq);
        self.place(&mut log, group, (id, seq));
        if let Some(mark) = &mut log.mark
            && mark.first.is_none()
            && began >= mark.at
        {
            mark.first = Some(seq);
        }
        drop(log);
        if seq <= last {
            self.fault(Fault::OutOfOrder, format_args!("group {group}: {seq} was acknowledged after {last}"));
        }
        let mut tally = lock(&self.tally);
        tally.messages += 1;
        tally.latencies.push(began.elapsed());
    }

    /// A socket that has everything up to `has` was sent a message. Answers what it has now.
    pub(crate) fn deliver(&self, group: usize, (id, seq): (Uuid, i64), has: i64) -> i64 {
        let same = self.place(&mut self.log(group), group, (id, seq));
        match seq - has {
            1 => {}
            ..=0 if same => {
                self.fault(Fault::Doubled, format_args!("group {group}: {seq} was delivered again"));
            }
            ..=0 => {
                self.fault(Fault::OutOfOrder, format_args!("group {group}: {seq} was delivered after {has}"));
            }
            _ => self.fault(Fault::Gap, format_args!("group {group}: {seq} was delivered after {has}")),
        }
        seq.max(has)
    }

    /// Notes who told that a message is at a position; false when another is known to be there.
    fn place(&self, log: &mut Log, group: usize, (id, seq): (Uuid, i64)) -> bool {
        let placed = *log.placed.entry(seq).or_insert(id);
        if placed != id {
            self.fault(Fault::Lost, format_args!("group {group}: {placed} and {id} are both at {seq}"));
        }
        placed == id
    }

    /// A request failed for good.
    pub(crate) fn failed(&self) {
        lock(&self.tally).failed += 1;
    }

    /// Something is wrong.
    pub(crate) fn fault(&self, fault: Fault, what: fmt::Arguments<'_>) {
        *lock(&self.tally).faults.entry(fault).or_default() += 1;
        let mut told = lock(&self.told);
        if told.len() < TOLD {
            told.push(format!("{fault:?}: {what}"));
        }
    }

    /// From now on the first message of each group is looked for.
    pub(crate) fn mark(&self) {
        let at = Instant::now();
        for group in 0..self.logs.len() {
            self.log(group).mark = Some(Mark { at, first: None });
        }
    }

    /// The position of the first message that was begun after the mark and acknowledged.
    pub(crate) fn first_since_mark(&self, group: usize) -> Option<i64> {
        self.log(group).mark.as_ref().and_then(|mark| mark.first)
    }

    /// Where the log of a group ended at the last check.
    pub(crate) fn checked(&self, group: usize) -> i64 {
        self.log(group).end
    }

    /// Compares with what the log has after the last check: each acknowledged message once, where it was
    /// acknowledged, without a hole, and nothing that nobody sent. Nobody may be sending meanwhile.
    pub(crate) fn check(&self, group: usize, rows: &[(i64, Uuid)]) {
        let mut log = self.log(group);
        for (seq, id) in rows {
            if *seq != log.end + 1 {
                self.fault(Fault::Lost, format_args!("group {group}: the log has {seq} after {}", log.end));
            }
            log.end = *seq;
            self.place(&mut log, group, (*id, *seq));
            if !log.checked.insert(*id) {
                self.fault(Fault::Doubled, format_args!("group {group}: {id} is in the log twice"));
            }
            match log.acknowledged.remove(id) {
                Some(told) if told == *seq => {}
                Some(told) => {
                    self.fault(Fault::Lost, format_args!("group {group}: {id} is at {seq}, not at {told}"));
                }
                None => self.fault(Fault::Doubled, format_args!("group {group}: nobody knows of {id}")),
            }
        }
        for (id, seq) in std::mem::take(&mut log.acknowledged) {
            self.fault(Fault::Lost, format_args!("group {group}: {id} was acknowledged at {seq}"));
        }
    }

    /// What happened since this was last asked.
    pub(crate) fn take(&self) -> Tally {
        std::mem::take(&mut lock(&self.tally))
    }

    /// How long each acknowledgement took since this or everything was last taken.
    pub(crate) fn take_latencies(&self) -> Vec<Duration> {
        std::mem::take(&mut lock(&self.tally).latencies)
    }

    /// The first faults, in words.
    pub(crate) fn told(&self) -> Vec<String> {
        lock(&self.told).clone()
    }

    fn log(&self, group: usize) -> MutexGuard<'_, Log> {
        lock(&self.logs[group])
    }
}

/// Nothing panics while it holds a lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn acknowledged(messages: &[(u128, i64)]) -> History {
        let history = History::new(1);
        for (n, seq) in messages {
            history.acknowledge(0, (id(*n), *seq), seq - 1, Instant::now());
        }
        history
    }

    /// What is wrong once the log is read.
    fn faults(history: &History, rows: &[(i64, u128)]) -> Vec<Fault> {
        let rows: Vec<_> = rows.iter().map(|(seq, n)| (*seq, id(*n))).collect();
        history.check(0, &rows);
        let mut faults: Vec<_> = history.take().faults.into_keys().collect();
        faults.sort();
        faults
    }

    #[test]
    fn what_is_where_it_was_acknowledged_is_well() {
        let history = acknowledged(&[(7, 1), (8, 2)]);
        assert_eq!(faults(&history, &[(1, 7), (2, 8)]), []);
        assert_eq!(history.deliver(0, (id(7), 1), 0), 1);
        assert_eq!(history.deliver(0, (id(8), 2), 1), 2);
        assert!(history.take().faults.is_empty());
    }

    #[test]
    fn what_is_missing_is_lost() {
        assert_eq!(faults(&acknowledged(&[(7, 1), (8, 2)]), &[(1, 7)]), [Fault::Lost]);
        assert_eq!(faults(&acknowledged(&[(7, 1)]), &[(2, 7)]), [Fault::Lost]);
        assert_eq!(
            faults(&acknowledged(&[(7, 1), (8, 1)]), &[(1, 7)]),
            [Fault::Lost, Fault::OutOfOrder][..1]
        );
    }

    #[test]
    fn what_is_there_twice_is_doubled() {
        assert_eq!(faults(&acknowledged(&[(7, 1)]), &[(1, 7), (2, 7)]), [Fault::Doubled]);
        let history = acknowledged(&[(7, 1)]);
        history.deliver(0, (id(7), 1), 1);
        assert_eq!(faults(&history, &[(1, 7)]), [Fault::Doubled]);
    }

    #[test]
    fn what_is_skipped_is_a_gap_and_what_comes_late_is_out_of_order() {
        let history = History::new(1);
        assert_eq!(history.deliver(0, (id(9), 3), 1), 3);
        assert_eq!(history.take().faults.into_keys().collect::<Vec<_>>(), [Fault::Gap]);
        history.acknowledge(0, (id(10), 4), 5, Instant::now());
        assert_eq!(history.take().faults.into_keys().collect::<Vec<_>>(), [Fault::OutOfOrder]);
    }
}
