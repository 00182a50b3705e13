//! What an operator reads, who is in no group.

use database::{At, Col, StoreError, explain, on};
use diesel::{ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use engine_interfaces::{GroupId, Membership, Seq, UserId};
use uuid::Uuid;

use crate::operator::Overview;

use super::{
    Store,
    group_messages::log,
    groups::latest,
    pages::Earlier,
    rows::{MembershipRow, MessageRow},
    schema::{group_heads, groups, memberships, messages},
};

type OverviewRow = (Col<GroupId>, String, i64, i64, At, At);

fn overview((id, name, members, last_seq, active, created): OverviewRow) -> Overview {
    Overview {
        id: id.0,
        name,
        member_count: members,
        last_seq: Seq(last_seq),
        last_activity_at: active.0,
        created_at: created.0,
    }
}

/// The groups that there are.
macro_rules! overviews {
    () => {
        groups::table.inner_join(group_heads::table.on(group_heads::group_id.eq(groups::id))).select((
            groups::id,
            groups::name,
            group_heads::member_count,
            group_heads::last_seq,
            group_heads::last_message_at,
            groups::created_at,
        ))
    };
}

impl Store {
    /// Groups in the order of their ids, after one.
    pub(crate) async fn overviews(
        &self,
        after: Option<GroupId>,
        limit: i64,
    ) -> Result<Vec<Overview>, StoreError> {
        let after = after.unwrap_or(GroupId(Uuid::nil()));
        let query = overviews!().filter(groups::id.gt(Col(after))).order(groups::id).limit(limit);
        let rows: Vec<OverviewRow> = on!(self, read, |conn| query.load(conn))?;
        Ok(rows.into_iter().map(overview).collect())
    }

    /// One group.
    pub(crate) async fn overview(&self, group: GroupId) -> Result<Option<Overview>, StoreError> {
        let query = overviews!().filter(groups::id.eq(Col(group)));
        let row: Option<OverviewRow> = on!(self, read, |conn| async { query.first(conn).await.optional() })?;
        Ok(row.map(overview))
    }

    /// Who is in a group, in the order of their ids, after one.
    pub(crate) async fn members_of(
        &self,
        group: GroupId,
        after: Option<UserId>,
        limit: i64,
    ) -> Result<Vec<Membership>, StoreError> {
        let after = after.unwrap_or(UserId(Uuid::nil()));
        let query = memberships::table
            .filter(memberships::group_id.eq(Col(group)))
            .filter(memberships::user_id.gt(Col(after)))
            .filter(memberships::left_at.is_null())
            .order(memberships::user_id)
            .limit(limit);
        let rows: Vec<MembershipRow> =
            on!(self, read, |conn| query.select(MembershipRow::as_select()).load(conn))?;
        Ok(rows.into_iter().map(Membership::from).collect())
    }

    /// The plan of a page of the newest messages.
    pub(crate) async fn explain_newest(&self, group: GroupId, limit: i64) -> Result<Vec<String>, StoreError> {
        explain!(self, Earlier::newest(group, limit))
    }

    /// The plan of a page before a position.
    pub(crate) async fn explain_page(
        &self,
        group: GroupId,
        before: Seq,
        limit: i64,
    ) -> Result<Vec<String>, StoreError> {
        explain!(self, Earlier::new(group, before, limit))
    }

    /// The plan of the log after a position.
    pub(crate) async fn explain_log(
        &self,
        group: GroupId,
        after: Seq,
        limit: i64,
    ) -> Result<Vec<String>, StoreError> {
        explain!(self, log!(group, after, limit))
    }

    /// The plan of the order of somebody's groups.
    pub(crate) async fn explain_latest(
        &self,
        user: UserId,
        ids: &[GroupId],
        limit: i64,
    ) -> Result<Vec<String>, StoreError> {
        let ids: Vec<_> = ids.iter().copied().map(Col).collect();
        explain!(self, latest!(user, ids.clone(), limit))
    }
}
