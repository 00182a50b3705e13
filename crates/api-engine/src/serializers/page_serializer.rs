//! Where pages go on.

use engine_interfaces::{Cursor, MessagePage, Range, Seq};
use serde::Serialize;
use utoipa::ToSchema;

/// Where a list goes on.
#[derive(Serialize, ToSchema)]
#[schema(as = ListPage)]
pub(crate) struct ListPageSerializer<'a> {
    /// Is there another page?
    has_more: bool,
    /// The `cursor` of the next page; none on the last one.
    #[schema(required = true)]
    next: Option<&'a str>,
}

impl<'a> From<Option<&'a Cursor>> for ListPageSerializer<'a> {
    fn from(next: Option<&'a Cursor>) -> Self {
        Self { has_more: next.is_some(), next: next.map(|cursor| cursor.0.as_str()) }
    }
}

/// Where a group's messages go on.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MessagePage)]
pub(crate) struct MessagePageSerializer {
    /// Are there more messages in the direction that was read?
    has_more: bool,
    /// The `before` of the next older page; none when there is nothing older.
    #[schema(value_type = Option<i64>, minimum = 1, required = true)]
    before: Option<Seq>,
    /// The `after` that gives what is newer; none when the page says nothing of it.
    #[schema(value_type = Option<i64>, minimum = 0, required = true)]
    after: Option<Seq>,
}

impl MessagePageSerializer {
    /// For what was read in `range`. Positions have no gaps: there is something older unless the page holds 1,
    /// and newer unless it holds the group's last.
    pub(crate) fn new(read: &MessagePage, range: Range) -> Self {
        let MessagePage { version, messages } = read;
        let oldest = messages.iter().map(|message| message.seq).min();
        let newest = messages.iter().map(|message| message.seq).max();
        let before = oldest.filter(|seq| *seq > Seq::ZERO.next());
        let after = newest.or(match range {
            Range::Newest => Some(Seq::ZERO),
            Range::Before(_) => None,
            Range::After(seq) => Some(seq),
        });
        let has_more = match range {
            Range::Newest | Range::Before(_) => before.is_some(),
            Range::After(_) => newest.is_some_and(|seq| seq < version.last_seq),
        };
        Self { has_more, before, after }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use engine_interfaces::{
        Clock, GroupId, GroupMessage, GroupMessageId, GroupVersion, Revision, Role, SystemClock,
    };

    use super::*;

    fn page(seqs: &[i64], range: Range, last_seq: i64) -> (bool, Option<i64>, Option<i64>) {
        let messages = seqs.iter().map(|seq| {
            Arc::new(GroupMessage {
                id: GroupMessageId(SystemClock.new_id()),
                group_id: GroupId(SystemClock.new_id()),
                user_id: None,
                seq: Seq(*seq),
                message: None,
                erased: true,
                created_at: SystemClock.now(),
                updated_at: SystemClock.now(),
                trace: None,
            })
        });
        let version = GroupVersion {
            last_seq: Seq(last_seq),
            revision: Revision(0),
            role: Role::Member,
            read_seq: Seq::ZERO,
        };
        let page = MessagePageSerializer::new(&MessagePage { version, messages: messages.collect() }, range);
        (page.has_more, page.before.map(|seq| seq.0), page.after.map(|seq| seq.0))
    }

    #[test]
    fn older_pages_end_at_the_first_message() {
        assert_eq!(page(&[9, 8], Range::Newest, 9), (true, Some(8), Some(9)));
        assert_eq!(page(&[2, 1], Range::Before(Seq(3)), 9), (false, None, Some(2)));
        assert_eq!(page(&[], Range::Before(Seq(1)), 9), (false, None, None));
        assert_eq!(page(&[], Range::Newest, 0), (false, None, Some(0)));
    }

    #[test]
    fn newer_pages_end_at_the_last_message() {
        assert_eq!(page(&[1, 2], Range::After(Seq(0)), 3), (true, None, Some(2)));
        assert_eq!(page(&[3], Range::After(Seq(2)), 3), (false, Some(3), Some(3)));
        assert_eq!(page(&[], Range::After(Seq(3)), 3), (false, None, Some(3)));
    }
}
