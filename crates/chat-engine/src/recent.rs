//! The newest messages of groups that are read or written to, in memory.
//!
//! A copy is good for one revision of its group, since whatever changes a stored message raises that; and it is only
//! taken by who has just been told the group's version by the store. So a page that lies in it costs the one statement
//! that decides whether somebody is in the group, and is as true as one that was read.

use std::sync::Arc;

use engine_interfaces::{GroupId, GroupMessage, GroupVersion, Limit, Revision, Seq};
use quick_cache::{Weighter, sync::Cache};

/// The most messages that are kept of a group: the longest page.
const KEPT: usize = Limit::MAX_PAGE as usize;
/// About what a message takes beside its text, in bytes.
const MESSAGE_BYTES: usize = 200;

/// The newest messages of groups. Those that are used least go when they take too much memory.
pub(crate) struct Recent {
    tails: Cache<GroupId, Arc<Tail>, Bytes>,
}

/// The end of a group's log: oldest first, without gaps, never empty.
pub(crate) struct Tail {
    /// At this revision the messages were as they are here, or will be.
    revision: Revision,
    messages: Vec<Arc<GroupMessage>>,
}

impl Recent {
    /// Holds about so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        let groups = bytes / (KEPT * MESSAGE_BYTES);
        Self { tails: Cache::with_weighter(groups, bytes as u64, Bytes) }
    }

    /// What there is of a group at this revision.
    pub(crate) fn tail(&self, group: GroupId, revision: Revision) -> Option<Arc<Tail>> {
        self.tails.get(&group).filter(|tail| tail.revision == revision)
    }

    /// Keeps the newest messages of a group, newest first, which were read after its version was.
    pub(crate) fn keep(&self, group: GroupId, version: GroupVersion, newest: &[Arc<GroupMessage>]) {
        if !newest.is_empty() {
            let messages = newest.iter().rev().cloned().collect();
            self.tails.insert(group, Arc::new(Tail { revision: version.revision, messages }));
        }
    }

    /// Adds what was stored, or read, right behind the end of a group's tail, in the order of `seq`. What does not fit
    /// there is left out: whoever reads next reads what is missing.
    pub(crate) fn extend(&self, messages: &[Arc<GroupMessage>]) {
        for messages in messages.chunk_by(|one, next| one.group_id == next.group_id) {
            let Some(first) = messages.first() else { continue };
            let Some(tail) = self.tails.get(&first.group_id) else { continue };
            if tail.end().next() == first.seq {
                let all = tail.messages.len() + messages.len();
                let messages = tail.messages.iter().chain(messages).skip(all.saturating_sub(KEPT)).cloned();
                let tail = Tail { revision: tail.revision, messages: messages.collect() };
                self.tails.insert(first.group_id, Arc::new(tail));
            }
        }
    }
}

impl Tail {
    /// The position of its last message.
    pub(crate) fn end(&self) -> Seq {
        self.messages.last().map_or(Seq::ZERO, |message| message.seq)
    }

    /// The newest messages up to `last`, newest first. None where some of them are missing here.
    pub(crate) fn page(&self, last: Seq, limit: Limit) -> Option<Vec<Arc<GroupMessage>>> {
        let end = self.messages.iter().rposition(|message| message.seq == last)?;
        let begin = (end + 1).saturating_sub(limit.get());
        let page = self.messages.get(begin..=end)?;
        let whole = page.len() == limit.get() || page.first()?.seq == Seq::ZERO.next();
        whole.then(|| page.iter().rev().cloned().collect())
    }
}

/// What a tail weighs: about its bytes.
#[derive(Clone)]
struct Bytes;

impl Weighter<GroupId, Arc<Tail>> for Bytes {
    fn weight(&self, _: &GroupId, tail: &Arc<Tail>) -> u64 {
        let texts: usize = tail.messages.iter().flat_map(|message| &message.message).map(String::len).sum();
        (texts + tail.messages.len() * MESSAGE_BYTES) as u64
    }
}

#[cfg(test)]
mod tests {
    use engine_interfaces::{GroupMessageId, Role, Timestamp};
    use uuid::Uuid;

    use super::*;

    const GROUP: GroupId = GroupId(Uuid::from_u128(1));

    fn messages(seqs: std::ops::RangeInclusive<i64>) -> Vec<Arc<GroupMessage>> {
        let message = |seq: i64| GroupMessage {
            id: GroupMessageId(Uuid::from_u128(seq.unsigned_abs().into())),
            group_id: GROUP,
            user_id: None,
            seq: Seq(seq),
            message: Some(format!("message {seq}")),
            erased: false,
            created_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
            trace: None,
        };
        seqs.map(|seq| Arc::new(message(seq))).collect()
    }

    fn version(last: i64, revision: i64) -> GroupVersion {
        GroupVersion {
            last_seq: Seq(last),
            revision: Revision(revision),
            role: Role::Member,
            read_seq: Seq::ZERO,
        }
    }

    fn seqs(page: Option<Vec<Arc<GroupMessage>>>) -> Option<Vec<i64>> {
        page.map(|page| page.iter().map(|message| message.seq.0).collect())
    }

    /// With the messages `seqs` of revision 0.
    fn recent(seqs: std::ops::RangeInclusive<i64>) -> Recent {
        let recent = Recent::new(1 << 20);
        let newest: Vec<_> = messages(seqs.clone()).into_iter().rev().collect();
        recent.keep(GROUP, version(*seqs.end(), 0), &newest);
        recent
    }

    fn page(recent: &Recent, last: i64, limit: u16) -> Option<Vec<i64>> {
        let tail = recent.tail(GROUP, Revision(0))?;
        seqs(tail.page(Seq(last), Limit::page(limit).unwrap()))
    }

    #[test]
    fn a_page_is_there_whole_or_not_at_all() {
        let recent = recent(5..=9);
        assert_eq!(page(&recent, 9, 3), Some(vec![9, 8, 7]));
        assert_eq!(page(&recent, 8, 4), Some(vec![8, 7, 6, 5]), "what came meanwhile is not on it");
        assert_eq!(page(&recent, 9, 6), None, "4 is not here");
        assert_eq!(page(&recent, 10, 1), None, "10 is not here");
        assert_eq!(page(&recent, 4, 1), None);
    }

    #[test]
    fn a_log_that_is_shorter_than_a_page_is_whole() {
        assert_eq!(page(&recent(1..=3), 3, 50), Some(vec![3, 2, 1]));
    }

    #[test]
    fn another_revision_has_nothing_here() {
        assert!(recent(1..=3).tail(GROUP, Revision(1)).is_none());
    }

    #[test]
    fn what_comes_right_behind_is_added_and_what_does_not_is_not() {
        let recent = recent(1..=3);
        recent.extend(&messages(5..=6));
        assert_eq!(page(&recent, 6, 1), None);
        recent.extend(&messages(3..=4));
        assert_eq!(page(&recent, 4, 1), None, "its begin overlaps: somebody else was faster");
        recent.extend(&messages(4..=6));
        assert_eq!(page(&recent, 6, 50), Some(vec![6, 5, 4, 3, 2, 1]));
        recent.extend(&messages(7..=200));
        assert_eq!(page(&recent, 200, 100).unwrap().len(), 100);
        assert_eq!(recent.tail(GROUP, Revision(0)).unwrap().messages.len(), KEPT);
    }

    #[test]
    fn no_more_memory_is_taken_than_was_given() {
        let recent = Recent::new(10 * 100 * MESSAGE_BYTES);
        for group in 0..1_000_u128 {
            let newest: Vec<_> = messages(1..=100).into_iter().rev().collect();
            recent.keep(GroupId(Uuid::from_u128(group)), version(100, 0), &newest);
        }
        assert!(recent.tails.weight() <= 10 * 100 * MESSAGE_BYTES as u64);
        let none = Recent::new(0);
        none.keep(GROUP, version(3, 0), &messages(1..=3));
        assert!(none.tail(GROUP, Revision(0)).is_none());
    }
}
