//! The table's rows.

use database::At;
use diesel::{Insertable, Queryable, Selectable};
use engine_interfaces::{Position, Progress, RingTerm, Term, Topic};

use super::schema::ring_terms;

/// A topic.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = ring_terms)]
pub(super) struct TermRow {
    pub(super) topic: i64,
    term: i64,
    pub(super) leader: String,
    pub(super) began_at: At,
    server: Option<String>,
    read_id: Option<String>,
    caught_up_at: Option<At>,
}

impl TermRow {
    /// The first term of a topic.
    pub(super) fn first(topic: Topic, leader: &str, began_at: At) -> Self {
        Self {
            topic: i64::from(topic.0),
            term: 1,
            leader: leader.to_owned(),
            began_at,
            server: None,
            read_id: None,
            caught_up_at: None,
        }
    }
}

impl From<TermRow> for RingTerm {
    fn from(row: TermRow) -> Self {
        let position = row.server.zip(row.read_id).map(|(server, entry)| Position { server, entry });
        Self {
            // Written from a topic: it fits.
            term: Term { topic: Topic(u16::try_from(row.topic).unwrap_or(u16::MAX)), number: row.term },
            leader: row.leader,
            began_at: row.began_at.0,
            progress: Progress { position, caught_up_at: row.caught_up_at.map(|at| at.0) },
        }
    }
}
