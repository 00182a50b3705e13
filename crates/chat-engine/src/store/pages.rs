//! A page of a group's log, by primary key.
//!
//! Written out, and with no column that is the same for all of its rows: Diesel would make the text anew for every page,
//! and PostgreSQL write the column anew for every row.

use database::{At, Col, Id, Instant};
use diesel::{
    QueryResult, Queryable,
    backend::Backend,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{BigInt, HasSqlType, Nullable, Text},
};
use engine_interfaces::{GroupId, GroupMessage, GroupMessageId, Seq, UserId};

use super::rows::MessageRow;

/// A message of a page, in the order of the columns.
#[derive(Queryable)]
pub(super) struct PageRow {
    seq: i64,
    id: Col<GroupMessageId>,
    user_id: Option<Col<UserId>>,
    created_at: At,
    updated_at: At,
    erased_at: Option<At>,
    message: Option<String>,
}

type PageSql = (BigInt, Id, Nullable<Id>, Instant, Instant, Nullable<Instant>, Nullable<Text>);

impl PageRow {
    pub(super) fn into_message(self, group: GroupId) -> GroupMessage {
        let Self { seq, id, user_id, created_at, updated_at, erased_at, message } = self;
        MessageRow { group_id: Col(group), seq, id, user_id, created_at, updated_at, erased_at, message }
            .into()
    }
}

/// What a page binds.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    group: Col<GroupId>,
    seq: i64,
    limit: i64,
}

/// A page before a position, newest first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Earlier(Bounds);

/// A page after a position, oldest first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Later(Bounds);

impl Earlier {
    pub(super) fn new(group: GroupId, before: Seq, limit: i64) -> Self {
        Self(Bounds { group: Col(group), seq: before.0, limit })
    }

    /// The newest page: before every position.
    pub(super) fn newest(group: GroupId, limit: i64) -> Self {
        Self::new(group, Seq(i64::MAX), limit)
    }
}

impl Later {
    pub(super) fn new(group: GroupId, after: Seq, limit: i64) -> Self {
        Self(Bounds { group: Col(group), seq: after.0, limit })
    }
}

impl Bounds {
    fn walk<'b, DB>(&'b self, mut out: AstPass<'_, 'b, DB>, beyond: &str, order: &str) -> QueryResult<()>
    where
        DB: Backend + HasSqlType<Id>,
        Col<GroupId>: ToSql<Id, DB>,
        i64: ToSql<BigInt, DB>,
    {
        out.push_sql(
            "SELECT seq, id, user_id, created_at, updated_at, erased_at, message FROM messages WHERE group_id = ",
        );
        out.push_bind_param::<Id, _>(&self.group)?;
        out.push_sql(beyond);
        out.push_bind_param::<BigInt, _>(&self.seq)?;
        out.push_sql(order);
        out.push_bind_param::<BigInt, _>(&self.limit)
    }
}

macro_rules! page {
    ($page:ident, $beyond:literal, $order:literal) => {
        impl<DB> QueryFragment<DB> for $page
        where
            DB: Backend + HasSqlType<Id>,
            Col<GroupId>: ToSql<Id, DB>,
            i64: ToSql<BigInt, DB>,
        {
            fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
                self.0.walk(out, $beyond, $order)
            }
        }

        impl QueryId for $page {
            type QueryId = Self;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl Query for $page {
            type SqlType = PageSql;
        }

        impl<C> diesel::RunQueryDsl<C> for $page {}
    };
}

page!(Earlier, " AND seq < ", " ORDER BY seq DESC LIMIT ");
page!(Later, " AND seq > ", " ORDER BY seq LIMIT ");
