//! On PostgreSQL one call of `chat_read` does it; see its migration.

use database::{Col, Id};
use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Nullable},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use engine_interfaces::{GroupId, UserId};

use super::{Marker, Moved};

/// A row of the answer: ordinal, last_seq, was_seq, read_seq.
type Answer = (i64, Option<i64>, Option<i64>, Option<i64>);

pub(super) async fn mark_read(pg: &mut AsyncPgConnection, markers: &[Marker]) -> QueryResult<Vec<Moved>> {
    let call = Read {
        groups: markers.iter().map(|marker| Col(marker.group_id)).collect(),
        users: markers.iter().map(|marker| Col(marker.user_id)).collect(),
        seqs: markers.iter().map(|marker| marker.seq.0).collect(),
    };
    let mut answers: Vec<Answer> = call.load(pg).await?;
    answers.sort_unstable_by_key(|answer| answer.0);
    let answers = markers.iter().zip(answers);
    Ok(answers.map(|(marker, (_, last_seq, was, now))| Moved::of(marker.seq, last_seq, was, now)).collect())
}

/// A query of its own type, and not `sql_query`, so that the statement stays prepared.
struct Read {
    groups: Vec<Col<GroupId>>,
    users: Vec<Col<UserId>>,
    seqs: Vec<i64>,
}

impl QueryFragment<Pg> for Read {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT ordinal, last_seq, was_seq, read_seq FROM chat_read(");
        out.push_bind_param::<Array<Id>, _>(&self.groups)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Id>, _>(&self.users)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.seqs)?;
        out.push_sql(")");
        Ok(())
    }
}

impl QueryId for Read {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Read {
    type SqlType = (BigInt, Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>);
}
