//! Groups and their heads.

use database::{
    At, Col, Id, Instant, StoreError,
    jobs::{Enqueue, NewJob},
    on,
};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, QueryableByName,
    SelectableHelper, insert_into,
    sql_types::{Array, BigInt},
    update,
};
use diesel_async::RunQueryDsl;
use engine_interfaces::{ChatError, Group, GroupChange, GroupHead, GroupId, Role, Seq, Timestamp, UserId};

use crate::cursor::ByActivity;

use super::{
    GROUPS_A_STATEMENT, Store, end_group, lock_head, membership,
    rows::{GroupRow, GroupView, HeadRow, MembershipRow, RoleText, into_group},
    schema::{group_heads, groups, invitations, memberships, messages},
};

/// A group to be made, with its owner.
pub(crate) struct NewGroup {
    pub(crate) id: GroupId,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) owner: UserId,
}

/// What a group is called.
pub(crate) struct Title {
    pub(crate) name: String,
    pub(crate) description: String,
}

/// Who made a group, and as what: tells a retry from an id that is taken.
pub(crate) struct Origin {
    pub(crate) created_by: UserId,
    pub(crate) name: String,
}

/// Those of `$ids` that `$user` is in, latest activity first.
macro_rules! latest {
    ($user:expr, $ids:expr, $limit:expr) => {
        memberships::table
            .inner_join(group_heads::table.on(group_heads::group_id.eq(memberships::group_id)))
            .filter(memberships::group_id.eq_any($ids))
            .filter(memberships::user_id.eq(Col($user)))
            .filter(memberships::left_at.is_null())
            .order((group_heads::last_message_at.desc(), group_heads::group_id.desc()))
            .limit($limit)
            .select((group_heads::last_message_at, group_heads::group_id))
    };
}

pub(super) use latest;

impl Store {
    /// Those of `ids` that `user` is in, whole, in no order. One statement, so that the parts fit.
    pub(crate) async fn groups(&self, user: UserId, ids: &[GroupId]) -> Result<Vec<Group>, StoreError> {
        let ids: Vec<_> = ids.iter().copied().map(Col).collect();
        let newest =
            messages::group_id.eq(group_heads::group_id).and(messages::seq.eq(group_heads::last_seq));
        let query = group_heads::table
            .inner_join(memberships::table.on(memberships::group_id.eq(group_heads::group_id)))
            .inner_join(groups::table.on(groups::id.eq(group_heads::group_id)))
            .left_join(messages::table.on(newest))
            .filter(group_heads::group_id.eq_any(ids))
            .filter(memberships::user_id.eq(Col(user)))
            .filter(memberships::left_at.is_null());
        let rows: Vec<GroupView> = on!(self, read, |conn| query
            .select((
                GroupRow::as_select(),
                HeadRow::as_select(),
                MembershipRow::as_select(),
                Option::<super::rows::MessageRow>::as_select(),
            ))
            .load(conn))?;
        Ok(rows.into_iter().map(into_group).collect())
    }

    /// Those of `ids` that `user` is in, with their latest activity, in no order.
    pub(crate) async fn activities(
        &self,
        user: UserId,
        ids: &[GroupId],
    ) -> Result<Vec<(Timestamp, GroupId)>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(GROUPS_A_STATEMENT) {
            let ids: Vec<_> = ids.iter().copied().map(Col).collect();
            let query = memberships::table
                .inner_join(group_heads::table.on(group_heads::group_id.eq(memberships::group_id)))
                .filter(memberships::group_id.eq_any(ids))
                .filter(memberships::user_id.eq(Col(user)))
                .filter(memberships::left_at.is_null())
                .select((group_heads::last_message_at, group_heads::group_id));
            let rows: Vec<(At, Col<GroupId>)> = on!(self, read, |conn| query.load(conn))?;
            found.extend(rows.into_iter().map(|(at, group)| (at.0, group.0)));
        }
        Ok(found)
    }

    /// Those of `ids` that `user` is in, latest activity first, from after `before`: at most so many.
    pub(crate) async fn latest(
        &self,
        user: UserId,
        ids: &[GroupId],
        before: Option<ByActivity>,
        limit: i64,
    ) -> Result<Vec<ByActivity>, StoreError> {
        let mut found = Vec::new();
        for ids in ids.chunks(GROUPS_A_STATEMENT) {
            let ids: Vec<_> = ids.iter().copied().map(Col).collect();
            let query = latest!(user, ids, limit);
            let rows: Vec<(At, Col<GroupId>)> = match before {
                None => on!(self, read, |conn| query.load(conn))?,
                Some(ByActivity(at, group)) => {
                    let earlier = group_heads::last_message_at.lt(At(at)).or(group_heads::last_message_at
                        .eq(At(at))
                        .and(group_heads::group_id.lt(Col(group))));
                    on!(self, read, |conn| query.filter(earlier).load(conn))?
                }
            };
            found.extend(rows.into_iter().map(|(at, group)| ByActivity(at.0, group.0)));
        }
        Ok(found)
    }

    /// Who made the group `id`, also after it was deleted: then it has no name, and nobody made it.
    pub(crate) async fn origin(&self, id: GroupId) -> Result<Option<Origin>, StoreError> {
        let query = groups::table.find(Col(id)).select((groups::created_by, groups::name));
        let row: Option<(Col<UserId>, String)> =
            on!(self, read, |conn| async { query.first(conn).await.optional() })?;
        Ok(row.map(|(created_by, name)| Origin { created_by: created_by.0, name }))
    }

    /// Makes a group with its owner, and enqueues `job` with it. `false` when the id is taken.
    pub(crate) async fn create_group(
        &self,
        new: NewGroup,
        now: Timestamp,
        job: NewJob,
    ) -> Result<bool, StoreError> {
        on!(self, transaction, |conn| {
            let made = insert_into(groups::table)
                .values(GroupRow {
                    id: Col(new.id),
                    name: new.name,
                    description: new.description,
                    created_by: Col(new.owner),
                    created_at: At(now),
                    updated_at: At(now),
                })
                .on_conflict_do_nothing()
                .execute(conn)
                .await?;
            if made == 0 {
                return Ok(false);
            }
            insert_into(group_heads::table)
                .values(HeadRow {
                    group_id: Col(new.id),
                    last_seq: 0,
                    revision: 0,
                    last_message_at: At(now),
                    member_count: 1,
                })
                .execute(conn)
                .await?;
            insert_into(memberships::table)
                .values(MembershipRow {
                    group_id: Col(new.id),
                    user_id: Col(new.owner),
                    role: RoleText(Role::Owner),
                    joined_at: At(now),
                    joined_seq: 0,
                    joined_revision: 0,
                    read_seq: 0,
                })
                .execute(conn)
                .await?;
            conn.enqueue(job).await?;
            Ok(true)
        })
    }

    /// Changes name and description, if `decide` lets the role of `user` do so; answers both as they are then.
    pub(crate) async fn update_group(
        &self,
        user: UserId,
        group: GroupId,
        change: GroupChange,
        now: Timestamp,
        decide: fn(Role) -> Result<(), ChatError>,
    ) -> Result<Result<Title, ChatError>, StoreError> {
        on!(self, transaction, |conn| {
            let (Some(head), Some(member)) = (lock_head!(conn, group), membership!(conn, group, user)) else {
                return Ok(Err(ChatError::GroupNotFound(group)));
            };
            if let Err(refusal) = decide(member.role.0) {
                return Ok(Err(refusal));
            }
            if let Some(name) = change.name {
                update(groups::table.find(Col(group))).set(groups::name.eq(name)).execute(conn).await?;
            }
            if let Some(description) = change.description {
                update(groups::table.find(Col(group)))
                    .set(groups::description.eq(description))
                    .execute(conn)
                    .await?;
            }
            update(groups::table.find(Col(group))).set(groups::updated_at.eq(At(now))).execute(conn).await?;
            update(group_heads::table.find(Col(group)))
                .set(group_heads::revision.eq(head.revision + 1))
                .execute(conn)
                .await?;
            let (name, description) = groups::table
                .find(Col(group))
                .select((groups::name, groups::description))
                .first(conn)
                .await?;
            Ok(Ok(Title { name, description }))
        })
    }

    /// Ends a group, if `decide` lets the role of `user` do so; `job` removes its rows.
    pub(crate) async fn delete_group(
        &self,
        user: UserId,
        group: GroupId,
        now: Timestamp,
        job: NewJob,
        decide: fn(Role) -> Result<(), ChatError>,
    ) -> Result<Result<(), ChatError>, StoreError> {
        on!(self, transaction, |conn| {
            let (Some(_), Some(member)) = (lock_head!(conn, group), membership!(conn, group, user)) else {
                return Ok(Err(ChatError::GroupNotFound(group)));
            };
            if let Err(refusal) = decide(member.role.0) {
                return Ok(Err(refusal));
            }
            end_group!(conn, group, now, job);
            Ok(Ok(()))
        })
    }

    /// The heads of those of `ids` that exist, in no order.
    pub(crate) async fn heads(&self, ids: &[GroupId]) -> Result<Vec<GroupHead>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(GROUPS_A_STATEMENT) {
            let ids: Vec<_> = ids.iter().copied().map(Col).collect();
            let query = group_heads::table.filter(group_heads::group_id.eq_any(ids));
            let rows: Vec<HeadRow> = on!(self, read, |conn| query.select(HeadRow::as_select()).load(conn))?;
            found.extend(rows.into_iter().map(GroupHead::from));
        }
        Ok(found)
    }

    /// The heads of those `pairs` of a user and a group in which the user is a member, in no order.
    pub(crate) async fn heads_of(
        &self,
        pairs: &[(UserId, GroupId)],
    ) -> Result<Vec<(UserId, GroupHead)>, StoreError> {
        let mut found = Vec::with_capacity(pairs.len());
        for pairs in pairs.chunks(GROUPS_A_STATEMENT) {
            let rows: Vec<FollowedRow> = on!(
                self,
                read,
                |pg| {
                    let users: Vec<_> = pairs.iter().map(|(user, _)| Col(*user)).collect();
                    let groups: Vec<_> = pairs.iter().map(|(_, group)| Col(*group)).collect();
                    diesel::sql_query(FOLLOWED)
                        .bind::<Array<Id>, _>(users)
                        .bind::<Array<Id>, _>(groups)
                        .load(pg)
                },
                |lite| async {
                    let mut rows = Vec::with_capacity(pairs.len());
                    for (user, group) in pairs {
                        let query = memberships::table
                            .inner_join(
                                group_heads::table.on(group_heads::group_id.eq(memberships::group_id)),
                            )
                            .filter(memberships::group_id.eq(Col(*group)))
                            .filter(memberships::user_id.eq(Col(*user)))
                            .filter(memberships::left_at.is_null())
                            .select((group_heads::last_seq, group_heads::last_message_at));
                        let row: Option<(i64, At)> = query.first(lite).await.optional()?;
                        rows.extend(row.map(|(last_seq, last_message_at)| FollowedRow {
                            user_id: Col(*user),
                            group_id: Col(*group),
                            last_seq,
                            last_message_at,
                        }));
                    }
                    Ok::<_, diesel::result::Error>(rows)
                }
            )?;
            found.extend(rows.into_iter().map(FollowedRow::into_head));
        }
        Ok(found)
    }
}

/// LIMIT 1 keeps each look-up one probe of an index.
const FOLLOWED: &str = "\
    SELECT a.user_id, a.group_id, found.last_seq, found.last_message_at \
    FROM unnest($1, $2) AS a (user_id, group_id) \
    CROSS JOIN LATERAL ( \
        SELECT h.last_seq, h.last_message_at FROM memberships m \
        JOIN group_heads h ON h.group_id = m.group_id \
        WHERE m.group_id = a.group_id AND m.user_id = a.user_id AND m.left_at IS NULL LIMIT 1 \
    ) found";

#[derive(QueryableByName)]
struct FollowedRow {
    #[diesel(sql_type = Id)]
    user_id: Col<UserId>,
    #[diesel(sql_type = Id)]
    group_id: Col<GroupId>,
    #[diesel(sql_type = BigInt)]
    last_seq: i64,
    #[diesel(sql_type = Instant)]
    last_message_at: At,
}

impl FollowedRow {
    fn into_head(self) -> (UserId, GroupHead) {
        let head = GroupHead {
            group_id: self.group_id.0,
            last_seq: Seq(self.last_seq),
            last_activity_at: self.last_message_at.0,
        };
        (self.user_id.0, head)
    }
}
