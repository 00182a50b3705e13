//! Reading a group's log.

use database::{Col, StoreError, on};
use diesel::{
    ExpressionMethods, JoinOnDsl, NullableExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper,
    dsl::exists,
};
use diesel_async::RunQueryDsl;
use engine_interfaces::{GroupId, GroupMessage, GroupMessageId, GroupVersion, Range, Seq, UserId};

use super::{
    Store,
    rows::{MessageRow, VersionRow, into_version},
    schema::{group_heads, memberships, messages},
};

/// Messages of `$group`.
macro_rules! of_group {
    ($group:expr, $limit:expr) => {
        messages::table
            .filter(messages::group_id.eq(Col($group)))
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

/// Messages of `$group`, each with what `version!` says to `$user`; no message to who is not in it.
///
/// Subqueries, and no joins: each is asked once, and of a group that is not theirs nobody has a message looked at.
macro_rules! page {
    ($user:expr, $group:expr, $limit:expr) => {{
        let head = || group_heads::table.filter(group_heads::group_id.eq(Col($group)));
        let membership = || {
            memberships::table
                .filter(memberships::group_id.eq(Col($group)))
                .filter(memberships::user_id.eq(Col($user)))
                .filter(memberships::left_at.is_null())
        };
        messages::table
            .filter(messages::group_id.eq(Col($group)))
            .filter(exists(head()))
            .filter(exists(membership()))
            .limit($limit)
            .select((
                (
                    head().select(group_heads::last_seq).single_value().assume_not_null(),
                    head().select(group_heads::revision).single_value().assume_not_null(),
                    membership().select(memberships::role).single_value().assume_not_null(),
                    membership().select(memberships::read_seq).single_value().assume_not_null(),
                ),
                MessageRow::as_select(),
            ))
    }};
}

/// Those of `$messages` that are newest, newest first.
macro_rules! newest {
    ($messages:expr) => {
        $messages.order(messages::seq.desc())
    };
}

/// Those of `$messages` that are before a position, newest first.
macro_rules! before {
    ($messages:expr, $before:expr) => {
        $messages.filter(messages::seq.lt($before.0)).order(messages::seq.desc())
    };
}

/// Those of `$messages` that are after a position, oldest first.
macro_rules! after {
    ($messages:expr, $after:expr) => {
        $messages.filter(messages::seq.gt($after.0)).order(messages::seq.asc())
    };
}

pub(super) use {before, log, newest, of_group, page};

/// Loads the rows of `$query`: on SQLite in one visit to a thread, which spares a copy of each value.
macro_rules! load {
    ($store:expr, $query:expr) => {
        on!($store, read, |pg| $query.load(pg), |lite| lite
            .spawn_blocking(move |lite| diesel::RunQueryDsl::load($query, lite)))
    };
}

/// Messages, and the version of their group at that moment.
type VersionedPage = (GroupVersion, Vec<GroupMessage>);

fn into_page(rows: Vec<(VersionRow, MessageRow)>) -> Option<VersionedPage> {
    let (versions, messages): (Vec<_>, Vec<_>) =
        rows.into_iter().map(|(version, message)| (version, GroupMessage::from(message))).unzip();
    versions.into_iter().next().map(|version| (into_version(version), messages))
}

impl Store {
    /// A page of the log.
    pub(crate) async fn messages(
        &self,
        group: GroupId,
        range: Range,
        limit: i64,
    ) -> Result<Vec<GroupMessage>, StoreError> {
        let rows: Vec<MessageRow> = match range {
            Range::Newest => load!(self, newest!(of_group!(group, limit))),
            Range::Before(seq) => load!(self, before!(of_group!(group, limit), seq)),
            Range::After(seq) => load!(self, after!(of_group!(group, limit), seq)),
        }?;
        Ok(rows.into_iter().map(GroupMessage::from).collect())
    }

    /// A page of the log before a position, with what [`Store::version`] answers at the same moment; nothing to who is
    /// not in the group, nor where the page would be empty.
    pub(crate) async fn page_before(
        &self,
        user: UserId,
        group: GroupId,
        before: Seq,
        limit: i64,
    ) -> Result<Option<VersionedPage>, StoreError> {
        load!(self, before!(page!(user, group, limit), before)).map(into_page)
    }

    /// The same after a position, oldest first.
    pub(crate) async fn page_after(
        &self,
        user: UserId,
        group: GroupId,
        after: Seq,
        limit: i64,
    ) -> Result<Option<VersionedPage>, StoreError> {
        load!(self, after!(page!(user, group, limit), after)).map(into_page)
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
