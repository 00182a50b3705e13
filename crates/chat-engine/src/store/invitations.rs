//! Invitations.

use database::{
    At, Col, StoreError,
    jobs::{Enqueue, NewJob},
    on,
};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper, delete,
    insert_into, update,
};
use diesel_async::RunQueryDsl;
use engine_interfaces::{ChatError, GroupId, Invitation, InvitationId, Membership, Role, Timestamp, UserId};

use super::{
    Store, advance, join, lock_head, membership,
    rows::{HeadRow, InvitationRow, MembershipRow, RoleText},
    schema::{group_heads, invitations, memberships},
};

/// An invitation to be kept.
pub(crate) struct NewInvitation {
    pub(crate) id: InvitationId,
    pub(crate) group_id: GroupId,
    /// Of its code.
    pub(crate) hash: Vec<u8>,
    pub(crate) uses: u32,
    pub(crate) created_by: UserId,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// What is to be decided about a join by an invitation, read under the lock of the group's head.
pub(crate) struct Entry {
    /// How many are in the group.
    pub(crate) count: i64,
    /// The membership of who wants to join, if they are in already.
    pub(crate) subject: Option<Membership>,
    /// How many more may join by the invitation.
    pub(crate) uses_left: i32,
}

impl Store {
    /// Adds an invitation, if `decide` lets the role of its maker do so and the group has fewer than `most`. What has
    /// expired goes, and what is spent where it is in the way: a group's rows are never more.
    pub(crate) async fn create_invitation(
        &self,
        new: NewInvitation,
        most: i64,
        decide: fn(Role) -> Result<(), ChatError>,
    ) -> Result<Result<Invitation, ChatError>, StoreError> {
        let (group, user, now) = (new.group_id, new.created_by, new.created_at);
        on!(self, transaction, |conn| {
            let (Some(_), Some(member)) = (lock_head!(conn, group), membership!(conn, group, user)) else {
                return Ok(Err(ChatError::GroupNotFound(group)));
            };
            if let Err(refusal) = decide(member.role.0) {
                return Ok(Err(refusal));
            }
            let of_group = invitations::table.filter(invitations::group_id.eq(Col(group)));
            delete(of_group.filter(invitations::expires_at.le(At(now)))).execute(conn).await?;
            let mut count: i64 = of_group.count().get_result(conn).await?;
            if count >= most {
                let spent = delete(of_group.filter(invitations::uses_left.lt(1))).execute(conn).await?;
                count -= i64::try_from(spent).unwrap_or(i64::MAX);
            }
            if count >= most {
                return Ok(Err(ChatError::TooManyInvitations));
            }
            let row = InvitationRow {
                group_id: Col(group),
                hash: new.hash,
                id: Col(new.id),
                uses_left: i32::try_from(new.uses).unwrap_or(i32::MAX),
                created_by: Some(Col(user)),
                created_at: At(now),
                expires_at: At(new.expires_at),
            };
            insert_into(invitations::table).values(&row).execute(conn).await?;
            Ok(Ok(row.into()))
        })
    }

    /// The group's invitations by which people can join at `now`, the newest first, from before the id `before`.
    pub(crate) async fn open_invitations(
        &self,
        group: GroupId,
        now: Timestamp,
        before: InvitationId,
        limit: i64,
    ) -> Result<Vec<Invitation>, StoreError> {
        let query = invitations::table
            .filter(invitations::group_id.eq(Col(group)))
            .filter(invitations::id.lt(Col(before)))
            .filter(invitations::expires_at.gt(At(now)).and(invitations::uses_left.gt(0)))
            .order(invitations::id.desc())
            .limit(limit);
        let rows: Vec<InvitationRow> =
            on!(self, read, |conn| query.select(InvitationRow::as_select()).load(conn))?;
        Ok(rows.into_iter().map(Invitation::from).collect())
    }

    /// Removes an invitation, if `decide` lets the role of `user` do so.
    pub(crate) async fn revoke_invitation(
        &self,
        user: UserId,
        group: GroupId,
        id: InvitationId,
        decide: fn(Role) -> Result<(), ChatError>,
    ) -> Result<Result<(), ChatError>, StoreError> {
        on!(self, transaction, |conn| {
            let (Some(_), Some(member)) = (lock_head!(conn, group), membership!(conn, group, user)) else {
                return Ok(Err(ChatError::GroupNotFound(group)));
            };
            if let Err(refusal) = decide(member.role.0) {
                return Ok(Err(refusal));
            }
            let row = invitations::table
                .filter(invitations::group_id.eq(Col(group)))
                .filter(invitations::id.eq(Col(id)));
            let removed = delete(row).execute(conn).await?;
            Ok(if removed > 0 { Ok(()) } else { Err(ChatError::InvitationNotFound) })
        })
    }

    /// Whether the group has an invitation of this hash that has not expired, spent or not.
    pub(crate) async fn keeps_invitation(
        &self,
        group: GroupId,
        hash: &[u8],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let query = invitations::table
            .find((Col(group), hash))
            .filter(invitations::expires_at.gt(At(now)))
            .select(invitations::uses_left);
        let row: Option<i32> = on!(self, read, |conn| async { query.first(conn).await.optional() })?;
        Ok(row.is_some())
    }

    /// Lets `user` into the group by the invitation of this hash, if `decide` does, and spends a use of it, under the
    /// lock of the group's head; a join enqueues `job` with it. Answers the membership, and whether they joined.
    pub(crate) async fn accept_invitation<F>(
        &self,
        group: GroupId,
        hash: &[u8],
        user: UserId,
        now: Timestamp,
        job: NewJob,
        decide: F,
    ) -> Result<Result<(Membership, bool), ChatError>, StoreError>
    where
        F: FnOnce(Entry) -> Result<Option<Membership>, ChatError> + Send,
    {
        on!(self, transaction, |conn| {
            let Some(head) = lock_head!(conn, group) else {
                return Ok(Err(ChatError::InvitationNotFound));
            };
            let row = invitations::table.find((Col(group), hash));
            let uses_left: Option<i32> = row
                .filter(invitations::expires_at.gt(At(now)))
                .select(invitations::uses_left)
                .first(conn)
                .await
                .optional()?;
            let Some(uses_left) = uses_left else {
                return Ok(Err(ChatError::InvitationNotFound));
            };
            let subject = membership!(conn, group, user).map(Membership::from);
            match decide(Entry { count: head.member_count, subject, uses_left }) {
                Ok(Some(membership)) => return Ok(Ok((membership, false))),
                Ok(None) => {}
                Err(refusal) => return Ok(Err(refusal)),
            }
            update(row).set(invitations::uses_left.eq(uses_left - 1)).execute(conn).await?;
            let membership = join!(conn, head, user, now);
            conn.enqueue(job).await?;
            advance!(conn, head, 1);
            Ok(Ok((membership, true)))
        })
    }
}
