//! What a user has in groups: what they are or were a member of, what they wrote, and whom they invited.

use database::{At, Col, StoreError, on};
use diesel::{ExpressionMethods, JoinOnDsl, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use engine_interfaces::{
    GroupId, GroupMessage, GroupMessageId, Invitation, Membership, Seq, Timestamp, UserId,
};

use super::{
    Store,
    rows::{InvitationRow, MembershipRow, MessageRow},
    schema::{group_heads, groups, invitations, memberships, messages},
};

/// A group that a user is or was in.
pub(crate) struct OwnGroup {
    pub(crate) membership: Membership,
    /// When they left; none while they are in it.
    pub(crate) left_at: Option<Timestamp>,
    pub(crate) name: String,
    pub(crate) description: String,
}

impl Store {
    /// Those of `ids` that `user` is or was in, by id. Deleted groups are left out.
    pub(crate) async fn own_groups(
        &self,
        user: UserId,
        ids: &[GroupId],
    ) -> Result<Vec<OwnGroup>, StoreError> {
        let ids: Vec<_> = ids.iter().copied().map(Col).collect();
        let query = memberships::table
            .inner_join(group_heads::table.on(group_heads::group_id.eq(memberships::group_id)))
            .inner_join(groups::table.on(groups::id.eq(memberships::group_id)))
            .filter(memberships::group_id.eq_any(ids))
            .filter(memberships::user_id.eq(Col(user)))
            .order(memberships::group_id);
        let rows: Vec<(MembershipRow, Option<At>, String, String)> = on!(self, read, |conn| query
            .select((MembershipRow::as_select(), memberships::left_at, groups::name, groups::description))
            .load(conn))?;
        let own = rows.into_iter().map(|(membership, left_at, name, description)| OwnGroup {
            membership: membership.into(),
            left_at: left_at.map(|at| at.0),
            name,
            description,
        });
        Ok(own.collect())
    }

    /// The invitations to those groups that `user` made, by group and age.
    pub(crate) async fn own_invitations(
        &self,
        user: UserId,
        ids: &[GroupId],
    ) -> Result<Vec<Invitation>, StoreError> {
        let ids: Vec<_> = ids.iter().copied().map(Col).collect();
        let query = invitations::table
            .filter(invitations::group_id.eq_any(ids))
            .filter(invitations::created_by.eq(Some(Col(user))))
            .order((invitations::group_id, invitations::id));
        let rows: Vec<InvitationRow> =
            on!(self, read, |conn| query.select(InvitationRow::as_select()).load(conn))?;
        Ok(rows.into_iter().map(Invitation::from).collect())
    }

    /// What `user` wrote between two positions of the group's log, the second included, oldest first.
    pub(crate) async fn own_messages(
        &self,
        group: GroupId,
        user: UserId,
        (after, through): (Seq, Seq),
        limit: i64,
    ) -> Result<Vec<GroupMessage>, StoreError> {
        let query = messages::table
            .filter(messages::group_id.eq(Col(group)))
            .filter(messages::seq.gt(after.0))
            .filter(messages::seq.le(through.0))
            .filter(messages::user_id.eq(Some(Col(user))))
            .order(messages::seq)
            .limit(limit);
        let rows: Vec<MessageRow> = on!(self, read, |conn| query.select(MessageRow::as_select()).load(conn))?;
        Ok(rows.into_iter().map(GroupMessage::from).collect())
    }

    /// Those of the messages `ids` of the group that `user` wrote, oldest first.
    pub(crate) async fn own_among(
        &self,
        group: GroupId,
        user: UserId,
        ids: Vec<GroupMessageId>,
    ) -> Result<Vec<GroupMessage>, StoreError> {
        let ids: Vec<_> = ids.into_iter().map(Col).collect();
        let query = messages::table
            .filter(messages::group_id.eq(Col(group)))
            .filter(messages::id.eq_any(ids))
            .filter(messages::user_id.eq(Some(Col(user))))
            .order(messages::seq);
        let rows: Vec<MessageRow> = on!(self, read, |conn| query.select(MessageRow::as_select()).load(conn))?;
        Ok(rows.into_iter().map(GroupMessage::from).collect())
    }
}
