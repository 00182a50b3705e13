//! Reading a group's log.

use database::{Col, StoreError, on};
use diesel::{ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use engine_interfaces::{GroupId, GroupMessage, GroupMessageId, Range, Seq};

use super::{
    Store,
    rows::MessageRow,
    schema::{group_heads, messages},
};

/// The newest of the log of `$group`.
macro_rules! newest {
    ($group:expr, $limit:expr) => {
        messages::table
            .filter(messages::group_id.eq(Col($group)))
            .order(messages::seq.desc())
            .limit($limit)
            .select(MessageRow::as_select())
    };
}

/// The log of `$group` after a position, oldest first; nothing of a deleted group.
macro_rules! log {
    ($group:expr, $after:expr, $limit:expr) => {
        messages::table
            .inner_join(group_heads::table.on(group_heads::group_id.eq(messages::group_id)))
            .filter(messages::group_id.eq(Col($group)))
            .filter(messages::seq.gt($after.0))
            .order(messages::seq.asc())
            .limit($limit)
            .select(MessageRow::as_select())
    };
}

pub(super) use {log, newest};

impl Store {
    /// A page of the log.
    pub(crate) async fn messages(
        &self,
        group: GroupId,
        range: Range,
        limit: i64,
    ) -> Result<Vec<GroupMessage>, StoreError> {
        let log = messages::table.filter(messages::group_id.eq(Col(group))).limit(limit);
        let rows: Vec<MessageRow> = match range {
            Range::Newest => on!(self, read, |conn| newest!(group, limit).load(conn)),
            Range::Before(seq) => {
                let page = log.filter(messages::seq.lt(seq.0)).order(messages::seq.desc());
                on!(self, read, |conn| page.select(MessageRow::as_select()).load(conn))
            }
            Range::After(seq) => {
                let page = log.filter(messages::seq.gt(seq.0)).order(messages::seq.asc());
                on!(self, read, |conn| page.select(MessageRow::as_select()).load(conn))
            }
        }?;
        Ok(rows.into_iter().map(GroupMessage::from).collect())
    }

    /// The log after a position, oldest first; nothing of a deleted group.
    pub(crate) async fn log(
        &self,
        group: GroupId,
        after: Seq,
        limit: i64,
    ) -> Result<Vec<GroupMessage>, StoreError> {
        let rows: Vec<MessageRow> = on!(self, read, |conn| log!(group, after, limit).load(conn))?;
        Ok(rows.into_iter().map(GroupMessage::from).collect())
    }

    /// One message.
    pub(crate) async fn message(
        &self,
        group: GroupId,
        id: GroupMessageId,
    ) -> Result<Option<GroupMessage>, StoreError> {
        let query =
            messages::table.filter(messages::group_id.eq(Col(group))).filter(messages::id.eq(Col(id)));
        let row: Option<MessageRow> = on!(self, read, |conn| async {
            query.select(MessageRow::as_select()).first(conn).await.optional()
        })?;
        Ok(row.map(GroupMessage::from))
    }
}
