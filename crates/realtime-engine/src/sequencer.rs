//! Puts the hints of one group into the order of its log.

use std::{collections::BTreeMap, sync::Arc};

use engine_interfaces::{GroupMessage, Seq};

/// Where this server is in a group's log.
///
/// Hints come late, twice, in any order, or not at all. What [`Sequencer::ready`] gives is each message
/// once, in the order of the log; [`Sequencer::missing`] says when the log has to be asked.
pub(crate) struct Sequencer {
    /// The last message that was given out; none until the log's head is known.
    last: Option<Seq>,
    /// The last message that is known to exist.
    known: Seq,
    /// Messages after one that is missing.
    ahead: BTreeMap<Seq, Arc<GroupMessage>>,
    /// How many of them are held. The log has the others.
    limit: usize,
}

impl Sequencer {
    /// For a group whose head is not known yet.
    pub(crate) fn new(limit: usize) -> Self {
        Self { last: None, known: Seq::ZERO, ahead: BTreeMap::new(), limit }
    }

    /// Begins at the log's head, read after the hints were subscribed to. Hints that were heard in the
    /// meantime and lead up to the head are given out: they were announced after somebody began to listen.
    pub(crate) fn open(&mut self, head: Seq) {
        if self.last.is_some() {
            return;
        }
        let mut last = head;
        while self.ahead.contains_key(&last) {
            last.0 -= 1;
        }
        self.ahead = self.ahead.split_off(&last.next());
        self.known = self.known.max(head);
        self.last = Some(last);
    }

    /// The last message that was given out.
    pub(crate) fn last(&self) -> Option<Seq> {
        self.last
    }

    /// Takes a hint, or a row of the log.
    pub(crate) fn offer(&mut self, message: Arc<GroupMessage>) {
        let seq = message.seq;
        if self.last.is_some_and(|last| seq <= last) {
            return;
        }
        self.known = self.known.max(seq);
        self.ahead.insert(seq, message);
        if self.ahead.len() > self.limit {
            // Before the head is known the newest matter; afterwards those that come next.
            match self.last {
                None => self.ahead.pop_first(),
                Some(_) => self.ahead.pop_last(),
            };
        }
    }

    /// Takes what the store says of the log's end.
    pub(crate) fn learn(&mut self, head: Seq) {
        self.known = self.known.max(head);
    }

    /// The next message, when it is here.
    pub(crate) fn ready(&mut self) -> Option<Arc<GroupMessage>> {
        let next = self.last?.next();
        let message = self.ahead.remove(&next)?;
        self.last = Some(next);
        Some(message)
    }

    /// After which message the log has to be read, when something is missing.
    pub(crate) fn missing(&self) -> Option<Seq> {
        self.last.filter(|last| *last < self.known)
    }

    /// The log ends at `last` after all: a hint spoke of what is not there.
    pub(crate) fn nothing_more(&mut self) {
        if let Some(last) = self.last {
            self.known = last;
            self.ahead.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::doubles::message;

    fn drain(sequencer: &mut Sequencer) -> Vec<i64> {
        std::iter::from_fn(|| sequencer.ready()).map(|message| message.seq.0).collect()
    }

    fn opened(head: i64) -> Sequencer {
        let mut sequencer = Sequencer::new(8);
        sequencer.open(Seq(head));
        sequencer
    }

    #[test]
    fn what_is_next_goes_out_at_once_and_what_was_there_does_not() {
        let mut sequencer = opened(5);
        for seq in [5, 6, 6, 4, 7] {
            sequencer.offer(message(seq));
        }
        assert_eq!(drain(&mut sequencer), [6, 7]);
        assert_eq!(sequencer.missing(), None);
    }

    #[test]
    fn a_gap_holds_back_what_follows_until_it_is_filled() {
        let mut sequencer = opened(0);
        sequencer.offer(message(1));
        sequencer.offer(message(3));
        assert_eq!(drain(&mut sequencer), [1]);
        assert_eq!(sequencer.missing(), Some(Seq(1)));
        sequencer.offer(message(2));
        assert_eq!(drain(&mut sequencer), [2, 3]);
        assert_eq!(sequencer.missing(), None);
    }

    #[test]
    fn a_head_beyond_what_was_heard_is_a_gap() {
        let mut sequencer = opened(2);
        sequencer.learn(Seq(4));
        assert_eq!(sequencer.missing(), Some(Seq(2)));
        sequencer.nothing_more();
        assert_eq!(sequencer.missing(), None);
    }

    #[test]
    fn what_was_heard_while_the_head_was_read_goes_out() {
        let mut sequencer = Sequencer::new(8);
        for seq in [3, 9, 10, 11] {
            sequencer.offer(message(seq));
        }
        assert_eq!(sequencer.missing(), None);
        sequencer.open(Seq(10));
        assert_eq!(drain(&mut sequencer), [9, 10, 11], "and not 3, which is an old one");
    }

    proptest! {
        /// Hints in any order, lost and doubled; the log is read where something is missing.
        #[test]
        fn each_message_goes_out_once_and_in_order(
            hints in prop::collection::vec(1..40_i64, 0..200),
            reads in prop::collection::vec(any::<bool>(), 200),
            head in 0..40_i64,
        ) {
            let mut sequencer = opened(head);
            let mut out = Vec::new();
            for (hint, read) in hints.iter().zip(reads) {
                sequencer.offer(message(*hint));
                out.extend(drain(&mut sequencer));
                if let (true, Some(after)) = (read, sequencer.missing()) {
                    for seq in after.0 + 1..=(after.0 + 5).min(40) {
                        sequencer.offer(message(seq));
                    }
                    out.extend(drain(&mut sequencer));
                }
            }
            sequencer.learn(Seq(40));
            while let Some(after) = sequencer.missing() {
                sequencer.offer(message(after.0 + 1));
                out.extend(drain(&mut sequencer));
            }
            prop_assert_eq!(out, (head + 1..=40).collect::<Vec<_>>());
        }
    }
}
