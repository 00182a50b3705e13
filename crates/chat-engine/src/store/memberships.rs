//! Memberships.

use database::{
    At, Col, StoreError,
    jobs::{Enqueue, NewJob},
    on,
};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper, insert_into, update};
use diesel_async::RunQueryDsl;
use engine_interfaces::{ChatError, GroupId, Membership, Role, Timestamp, UserId};

use super::{
    Store, advance, join, lock_head, membership,
    rows::{HeadRow, MembershipRow, RoleText},
    schema::{group_heads, memberships},
};

/// What is to be decided about a membership, read under the lock of the group's head.
pub(crate) struct Members {
    /// How many are in the group.
    pub(crate) count: i64,
    /// The role of who asks.
    pub(crate) actor: Role,
    /// The membership in question.
    pub(crate) subject: Option<Membership>,
    /// Somebody beside the subject owns the group.
    pub(crate) another_owner: bool,
}

/// What was decided.
pub(crate) enum Change {
    /// It stays as it is.
    Keep(Membership),
    /// The subject joins.
    Join,
    /// The subject gets a role.
    Become(Membership, Role),
    /// The subject leaves.
    Leave(Membership),
}

impl Store {
    /// Changes the membership of `subject` as `decide` says, under the lock of the group's head; a join
    /// enqueues `job` with it. Answers the membership, and whether it changed.
    pub(crate) async fn change_membership<F>(
        &self,
        group: GroupId,
        actor: UserId,
        subject: UserId,
        now: Timestamp,
        job: Option<NewJob>,
        decide: F,
    ) -> Result<Result<(Membership, bool), ChatError>, StoreError>
    where
        F: FnOnce(Members) -> Result<Change, ChatError> + Send,
    {
        on!(self, transaction, |conn| {
            let (Some(head), Some(acting)) = (lock_head!(conn, group), membership!(conn, group, actor))
            else {
                return Ok(Err(ChatError::GroupNotFound(group)));
            };
            let other_owners = memberships::table
                .filter(memberships::group_id.eq(Col(group)))
                .filter(memberships::role.eq(RoleText(Role::Owner)))
                .filter(memberships::user_id.ne(Col(subject)))
                .filter(memberships::left_at.is_null())
                .select(memberships::user_id);
            let another: Option<Col<UserId>> = other_owners.first(conn).await.optional()?;
            let members = Members {
                count: head.member_count,
                actor: acting.role.0,
                subject: membership!(conn, group, subject).map(Membership::from),
                another_owner: another.is_some(),
            };
            let change = match decide(members) {
                Ok(change) => change,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let row = memberships::table.find((Col(group), Col(subject)));
            let (membership, joined) = match change {
                Change::Keep(membership) => return Ok(Ok((membership, false))),
                Change::Join => {
                    let membership = join!(conn, head, subject, now);
                    if let Some(job) = job {
                        conn.enqueue(job).await?;
                    }
                    (membership, 1)
                }
                Change::Become(membership, role) => {
                    update(row).set(memberships::role.eq(RoleText(role))).execute(conn).await?;
                    (Membership { role, ..membership }, 0)
                }
                Change::Leave(membership) => {
                    update(row).set(memberships::left_at.eq(Some(At(now)))).execute(conn).await?;
                    (membership, -1)
                }
            };
            advance!(conn, head, joined);
            Ok(Ok((membership, true)))
        })
    }

    /// Adds `users` as members, but for those who are or were in the group.
    pub(crate) async fn seed_members(
        &self,
        group: GroupId,
        users: &[UserId],
        now: Timestamp,
        most: i64,
    ) -> Result<Result<(), ChatError>, StoreError> {
        on!(self, transaction, |conn| {
            let Some(head) = lock_head!(conn, group) else {
                return Ok(Err(ChatError::GroupNotFound(group)));
            };
            let mut count = head.member_count;
            let mut revision = head.revision;
            if i64::try_from(users.len()).unwrap_or(i64::MAX) > most - count {
                return Ok(Err(ChatError::GroupFull));
            }
            for user in users {
                revision += 1;
                let added = insert_into(memberships::table)
                    .values(MembershipRow {
                        group_id: Col(group),
                        user_id: Col(*user),
                        role: RoleText(Role::Member),
                        joined_at: At(now),
                        joined_seq: head.last_seq,
                        joined_revision: revision,
                        read_seq: head.last_seq,
                    })
                    .on_conflict_do_nothing()
                    .execute(conn)
                    .await?;
                count += i64::from(added > 0);
            }
            update(group_heads::table.find(Col(group)))
                .set((group_heads::revision.eq(revision), group_heads::member_count.eq(count)))
                .execute(conn)
                .await?;
            Ok(Ok(()))
        })
    }

    /// Members in the order in which they joined, from after the revision `after`, each with its own.
    pub(crate) async fn members(
        &self,
        group: GroupId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<(i64, Membership)>, StoreError> {
        let query = memberships::table
            .filter(memberships::group_id.eq(Col(group)))
            .filter(memberships::joined_revision.gt(after))
            .filter(memberships::left_at.is_null())
            .order(memberships::joined_revision)
            .limit(limit);
        let rows: Vec<MembershipRow> =
            on!(self, read, |conn| query.select(MembershipRow::as_select()).load(conn))?;
        Ok(rows.into_iter().map(|row| (row.joined_revision, row.into())).collect())
    }

    /// Those of `ids` that are or were in the group.
    pub(crate) async fn participants(
        &self,
        group: GroupId,
        ids: &[UserId],
    ) -> Result<Vec<UserId>, StoreError> {
        let ids: Vec<_> = ids.iter().copied().map(Col).collect();
        let query = memberships::table
            .filter(memberships::group_id.eq(Col(group)))
            .filter(memberships::user_id.eq_any(ids))
            .select(memberships::user_id);
        let rows: Vec<Col<UserId>> = on!(self, read, |conn| query.load(conn))?;
        Ok(rows.into_iter().map(|user| user.0).collect())
    }
}
