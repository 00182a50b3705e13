//! What waits for its readers. Whose oldest unread message is old is asked of the one row that follows their
//! marker, so that neither the length of a log nor the number of unread messages matters.

use database::{At, Col, StoreError, on};
use diesel::{BoolExpressionMethods, ExpressionMethods, JoinOnDsl, QueryDsl};
use diesel_async::RunQueryDsl;
use engine_interfaces::{GroupId, Timestamp, UnreadGroup, UserId};

use super::{
    Store,
    schema::{group_heads, groups, memberships, messages},
};

/// The oldest message that a member has not read.
macro_rules! oldest_unread {
    () => {
        messages::group_id.eq(memberships::group_id).and(messages::seq.eq(memberships::read_seq + 1))
    };
}

impl Store {
    /// Members whose oldest unread message is from `until` or before, in the order of their ids.
    pub(crate) async fn unread_members(
        &self,
        group: GroupId,
        until: Timestamp,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<UserId>, StoreError> {
        // No user's id is nil.
        let after = after.unwrap_or(UserId(Default::default()));
        let query = memberships::table
            .inner_join(group_heads::table.on(group_heads::group_id.eq(memberships::group_id)))
            .inner_join(messages::table.on(oldest_unread!()))
            .filter(memberships::group_id.eq(Col(group)))
            .filter(memberships::user_id.gt(Col(after)))
            .filter(memberships::left_at.is_null())
            .filter(messages::created_at.le(At(until)))
            .order(memberships::user_id)
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .select(memberships::user_id);
        let rows: Vec<Col<UserId>> = on!(self, read, |conn| query.load(conn))?;
        Ok(rows.into_iter().map(|user| user.0).collect())
    }

    /// Those of `ids` in which the oldest message that `user` has not read is from `until` or before.
    pub(crate) async fn unread_groups(
        &self,
        user: UserId,
        ids: &[GroupId],
        until: Timestamp,
    ) -> Result<Vec<UnreadGroup>, StoreError> {
        let ids: Vec<_> = ids.iter().copied().map(Col).collect();
        let query = memberships::table
            .inner_join(group_heads::table.on(group_heads::group_id.eq(memberships::group_id)))
            .inner_join(groups::table.on(groups::id.eq(memberships::group_id)))
            .inner_join(messages::table.on(oldest_unread!()))
            .filter(memberships::group_id.eq_any(ids))
            .filter(memberships::user_id.eq(Col(user)))
            .filter(memberships::left_at.is_null())
            .filter(messages::created_at.le(At(until)))
            .select((groups::id, groups::name, group_heads::last_seq - memberships::read_seq));
        let rows: Vec<(Col<GroupId>, String, i64)> = on!(self, read, |conn| query.load(conn))?;
        let unread = |(group, name, unread_count): (Col<GroupId>, String, i64)| UnreadGroup {
            group_id: group.0,
            name,
            unread_count,
        };
        Ok(rows.into_iter().map(unread).collect())
    }
}
