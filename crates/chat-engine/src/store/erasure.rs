//! Taking a user out of a group's rows for good.

use database::{
    At, Col, StoreError,
    jobs::{Enqueue, NewJob},
    on,
};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper, delete, update};
use diesel_async::RunQueryDsl;
use engine_interfaces::{GroupId, Role, Timestamp, UserId};

use super::{
    NOBODY, Store, advance, end_group, lock_head, membership,
    rows::{HeadRow, MembershipRow, RoleText},
    schema::{group_heads, groups, invitations, memberships, messages},
};

/// What came of a user's leaving a group that they can't be kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Departure {
    /// They were not in it.
    NotIn,
    /// They left; where nobody else owned the group, this one does now.
    Left(Option<UserId>),
    /// They were the last one, and the group is gone.
    Ended,
}

impl Store {
    /// Takes `user` out of the group, under the lock of its head. A group without another owner passes to the
    /// longest-serving admin, else to the longest-serving member; one without anybody ends, and `deletion`
    /// removes its rows.
    pub(crate) async fn depart(
        &self,
        group: GroupId,
        user: UserId,
        now: Timestamp,
        deletion: NewJob,
    ) -> Result<Departure, StoreError> {
        on!(self, transaction, |conn| {
            let (Some(head), Some(_)) = (lock_head!(conn, group), membership!(conn, group, user)) else {
                return Ok(Departure::NotIn);
            };
            let row = memberships::table.find((Col(group), Col(user)));
            update(row).set(memberships::left_at.eq(Some(At(now)))).execute(conn).await?;
            let others = memberships::table
                .filter(memberships::group_id.eq(Col(group)))
                .filter(memberships::left_at.is_null())
                .select(memberships::user_id);
            let owner: Option<Col<UserId>> =
                others.filter(memberships::role.eq(RoleText(Role::Owner))).first(conn).await.optional()?;
            let mut heir: Option<Col<UserId>> = None;
            if owner.is_none() {
                let in_order = others.order(memberships::joined_revision);
                let admins = in_order.filter(memberships::role.eq(RoleText(Role::Admin)));
                heir = admins.first(conn).await.optional()?;
                if heir.is_none() {
                    heir = in_order.first(conn).await.optional()?;
                }
                let Some(heir) = heir else {
                    end_group!(conn, group, now, deletion);
                    return Ok(Departure::Ended);
                };
                let row = memberships::table.find((Col(group), heir));
                update(row).set(memberships::role.eq(RoleText(Role::Owner))).execute(conn).await?;
            }
            advance!(conn, head, -1);
            Ok(Departure::Left(heir.map(|heir| heir.0)))
        })
    }

    /// When `user` last left one of `ids`.
    pub(crate) async fn last_departure(
        &self,
        user: UserId,
        ids: &[GroupId],
    ) -> Result<Option<Timestamp>, StoreError> {
        let mut last = None;
        for ids in ids.chunks(super::GROUPS_A_STATEMENT) {
            let ids: Vec<_> = ids.iter().copied().map(Col).collect();
            let query = memberships::table
                .filter(memberships::group_id.eq_any(ids))
                .filter(memberships::user_id.eq(Col(user)))
                .filter(memberships::left_at.is_not_null())
                .order(memberships::left_at.desc())
                .select(memberships::left_at);
            let left: Option<Option<At>> =
                on!(self, read, |conn| async { query.first(conn).await.optional() })?;
            last = last.max(left.flatten().map(|at| at.0));
        }
        Ok(last)
    }

    /// Takes text and author from those of the messages at `seqs` that are still `user`'s, under the lock of
    /// the group's head, and raises its revision once. Answers how many there were.
    pub(crate) async fn erase_messages(
        &self,
        group: GroupId,
        user: UserId,
        seqs: &[i64],
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        on!(self, transaction, |conn| {
            let Some(head) = lock_head!(conn, group) else {
                return Ok(0);
            };
            let own = messages::table
                .filter(messages::group_id.eq(Col(group)))
                .filter(messages::seq.eq_any(seqs))
                .filter(messages::user_id.eq(Col(user)));
            let erased = update(own)
                .set((
                    messages::user_id.eq(None::<Col<UserId>>),
                    messages::message.eq(None::<String>),
                    messages::erased_at.eq(Some(At(now))),
                    messages::updated_at.eq(At(now)),
                ))
                .execute(conn)
                .await?;
            if erased > 0 {
                update(group_heads::table.find(Col(group)))
                    .set(group_heads::revision.eq(head.revision + 1))
                    .execute(conn)
                    .await?;
            }
            Ok(erased)
        })
    }

    /// Removes what still names a user who left the group: the membership, the last sender, the maker of the group and
    /// of its invitations, which stay good. `false`, and nothing is removed, when they are in the group.
    pub(crate) async fn forget_member(&self, group: GroupId, user: UserId) -> Result<bool, StoreError> {
        on!(self, transaction, |conn| {
            let head = lock_head!(conn, group);
            if head.is_some() && membership!(conn, group, user).is_some() {
                return Ok(false);
            }
            delete(memberships::table.find((Col(group), Col(user)))).execute(conn).await?;
            let sent_last =
                group_heads::table.find(Col(group)).filter(group_heads::last_sender_id.eq(Some(Col(user))));
            update(sent_last).set(group_heads::last_sender_id.eq(None::<Col<UserId>>)).execute(conn).await?;
            let made = groups::table.find(Col(group)).filter(groups::created_by.eq(Col(user)));
            update(made).set(groups::created_by.eq(Col(NOBODY))).execute(conn).await?;
            let invited = invitations::table
                .filter(invitations::group_id.eq(Col(group)))
                .filter(invitations::created_by.eq(Some(Col(user))));
            update(invited).set(invitations::created_by.eq(None::<Col<UserId>>)).execute(conn).await?;
            Ok(true)
        })
    }
}
