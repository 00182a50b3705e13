//! On PostgreSQL one call of `chat_send` does it; see its migration.

use database::{At, Col, Id, Instant};
use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    result::Error,
    sql_types::{Array, BigInt, Integer, Nullable, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use engine_interfaces::{GroupId, GroupMessageId, Seq, Timestamp, UserId};

use super::{NewMessage, Outcome, Place};

/// A row of the answer: ordinal, outcome, seq, created_at.
type Answer = (i64, i32, Option<i64>, Option<At>);
type AnswerSql = (BigInt, Integer, Nullable<BigInt>, Nullable<Instant>);

pub(super) async fn send(
    pg: &mut AsyncPgConnection,
    messages: &[NewMessage],
    now: Timestamp,
) -> QueryResult<Vec<Outcome>> {
    let columns = Columns {
        users: messages.iter().map(|new| Col(new.user_id)).collect(),
        ids: messages.iter().map(|new| Col(new.id)).collect(),
        texts: messages.iter().map(|new| new.message.as_str()).collect(),
        now: At(now),
    };
    let Some(first) = messages.first() else {
        return Ok(Vec::new());
    };
    let mut answers: Vec<Answer> = if messages.iter().all(|new| new.group_id == first.group_id) {
        let group = Col(first.group_id);
        SendGroup { group, columns }.load(pg).await?
    } else {
        let groups = messages.iter().map(|new| Col(new.group_id)).collect();
        Send { groups, columns }.load(pg).await?
    };
    answers.sort_unstable_by_key(|answer| answer.0);
    answers.into_iter().map(outcome).collect()
}

fn outcome(answer: Answer) -> QueryResult<Outcome> {
    let place = |seq: Option<i64>, at: Option<At>| match (seq, at) {
        (Some(seq), Some(at)) => Ok(Place { seq: Seq(seq), created_at: at.0 }),
        _ => Err(Error::DeserializationError("chat_send answered no place".into())),
    };
    match answer {
        (_, 0, ..) => Ok(Outcome::NotMember),
        (_, 1, seq, at) => Ok(Outcome::Stored(place(seq, at)?)),
        (_, 2, seq, at) => Ok(Outcome::Replayed(place(seq, at)?)),
        (_, 3, ..) => Ok(Outcome::Conflict),
        _ => Err(Error::DeserializationError("chat_send answered an unknown outcome".into())),
    }
}

/// What both calls bind, a column of all messages each.
struct Columns<'a> {
    users: Vec<Col<UserId>>,
    ids: Vec<Col<GroupMessageId>>,
    texts: Vec<&'a str>,
    now: At,
}

impl Columns<'_> {
    fn walk<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param::<Array<Id>, _>(&self.users)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Id>, _>(&self.ids)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.texts)?;
        out.push_sql(", ");
        out.push_bind_param::<Instant, _>(&self.now)?;
        out.push_sql(")");
        Ok(())
    }
}

/// Messages of several groups.
///
/// A query of its own type, and not `sql_query`, so that the statement stays prepared.
struct Send<'a> {
    groups: Vec<Col<GroupId>>,
    columns: Columns<'a>,
}

impl QueryFragment<Pg> for Send<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT ordinal, outcome, seq, created_at FROM chat_send(");
        out.push_bind_param::<Array<Id>, _>(&self.groups)?;
        out.push_sql(", ");
        self.columns.walk(&mut out)
    }
}

impl QueryId for Send<'_> {
    type QueryId = Send<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Send<'_> {
    type SqlType = AnswerSql;
}

/// Messages of one group.
struct SendGroup<'a> {
    group: Col<GroupId>,
    columns: Columns<'a>,
}

impl QueryFragment<Pg> for SendGroup<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT ordinal, outcome, seq, created_at FROM chat_send_group(");
        out.push_bind_param::<Id, _>(&self.group)?;
        out.push_sql(", ");
        self.columns.walk(&mut out)
    }
}

impl QueryId for SendGroup<'_> {
    type QueryId = SendGroup<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for SendGroup<'_> {
    type SqlType = AnswerSql;
}
