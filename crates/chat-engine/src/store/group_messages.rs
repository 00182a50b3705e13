//! Reading a group's log.

use std::sync::Arc;

use database::{Col, StoreError, on};
use diesel::{ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use engine_interfaces::{GroupId, GroupMessage, GroupMessageId, Range, Seq};

use super::{
    Store,
    pages::{Earlier, Later, PageRow},
    rows::MessageRow,
    schema::{group_heads, messages},
};

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

pub(super) use log;

/// Loads the rows of `$query`: on SQLite in one visit to a thread, which spares a copy of each value.
macro_rules! load {
    ($store:expr, $query:expr) => {
        on!($store, read, |pg| $query.load(pg), |lite| lite
            .spawn_blocking(move |lite| diesel::RunQueryDsl::load($query, lite)))
    };
}

impl Store {
    /// A page of the log: newest first, but for one after a position.
    pub(crate) async fn messages(
        &self,
        group: GroupId,
        range: Range,
        limit: i64,
    ) -> Result<Vec<Arc<GroupMessage>>, StoreError> {
        let rows: Vec<PageRow> = match range {
            Range::Newest => load!(self, Earlier::newest(group, limit)),
            Range::Before(seq) => load!(self, Earlier::new(group, seq, limit)),
            Range::After(seq) => load!(self, Later::new(group, seq, limit)),
        }?;
        Ok(rows.into_iter().map(|row| Arc::new(row.into_message(group))).collect())
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
