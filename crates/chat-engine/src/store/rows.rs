//! The tables' rows, and what the engine makes of them.

use database::{At, Col};
use diesel::{
    Insertable, Queryable, Selectable,
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    serialize::{self, Output, ToSql},
    sql_types::Text,
};
use engine_interfaces::{
    Group, GroupHead, GroupId, GroupMessage, GroupMessageId, GroupVersion, Invitation, InvitationId,
    Membership, Revision, Role, Seq, UserId,
};

use super::schema::{group_heads, groups, invitations, memberships, messages};

/// A role in a row or a bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub(super) struct RoleText(pub(super) Role);

impl<DB: Backend> ToSql<Text, DB> for RoleText
where
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.as_str().to_sql(out)
    }
}

impl<DB: Backend> FromSql<Text, DB> for RoleText
where
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(String::from_sql(value)?.parse()?))
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = groups)]
pub(super) struct GroupRow {
    pub(super) id: Col<GroupId>,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) created_by: Col<UserId>,
    pub(super) created_at: At,
    pub(super) updated_at: At,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = group_heads)]
pub(super) struct HeadRow {
    pub(super) group_id: Col<GroupId>,
    pub(super) last_seq: i64,
    pub(super) revision: i64,
    pub(super) last_message_at: At,
    pub(super) member_count: i64,
}

impl From<HeadRow> for GroupHead {
    fn from(row: HeadRow) -> Self {
        Self {
            group_id: row.group_id.0,
            last_seq: Seq(row.last_seq),
            last_activity_at: row.last_message_at.0,
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = memberships)]
pub(super) struct MembershipRow {
    pub(super) group_id: Col<GroupId>,
    pub(super) user_id: Col<UserId>,
    pub(super) role: RoleText,
    pub(super) joined_at: At,
    pub(super) joined_seq: i64,
    pub(super) joined_revision: i64,
    pub(super) read_seq: i64,
}

impl From<MembershipRow> for Membership {
    fn from(row: MembershipRow) -> Self {
        Self {
            group_id: row.group_id.0,
            user_id: row.user_id.0,
            role: row.role.0,
            joined_at: row.joined_at.0,
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = messages)]
pub(super) struct MessageRow {
    pub(super) group_id: Col<GroupId>,
    pub(super) seq: i64,
    pub(super) id: Col<GroupMessageId>,
    pub(super) user_id: Option<Col<UserId>>,
    pub(super) created_at: At,
    pub(super) updated_at: At,
    pub(super) erased_at: Option<At>,
    pub(super) message: Option<String>,
}

impl From<MessageRow> for GroupMessage {
    fn from(row: MessageRow) -> Self {
        Self {
            id: row.id.0,
            group_id: row.group_id.0,
            user_id: row.user_id.map(|user| user.0),
            seq: Seq(row.seq),
            message: row.message,
            erased: row.erased_at.is_some(),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
            trace: None,
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = invitations)]
pub(super) struct InvitationRow {
    pub(super) group_id: Col<GroupId>,
    pub(super) hash: Vec<u8>,
    pub(super) id: Col<InvitationId>,
    pub(super) uses_left: i32,
    pub(super) created_by: Option<Col<UserId>>,
    pub(super) created_at: At,
    pub(super) expires_at: At,
}

impl From<InvitationRow> for Invitation {
    fn from(row: InvitationRow) -> Self {
        Self {
            id: row.id.0,
            group_id: row.group_id.0,
            expires_at: row.expires_at.0,
            uses_left: u32::try_from(row.uses_left).unwrap_or(0),
            created_by: row.created_by.map(|user| user.0),
            created_at: row.created_at.0,
        }
    }
}

/// What a member's copy of a group depends on: the end of its log, its revision, the member's role and marker.
pub(super) type VersionRow = (i64, i64, RoleText, i64);

pub(super) fn into_version((last_seq, revision, role, read_seq): VersionRow) -> GroupVersion {
    GroupVersion {
        last_seq: Seq(last_seq),
        revision: Revision(revision),
        role: role.0,
        read_seq: Seq(read_seq),
    }
}

/// A group as a member sees it: what it is, where its log ends, who looks, and its newest message.
pub(super) type GroupView = (GroupRow, HeadRow, MembershipRow, Option<MessageRow>);

pub(super) fn into_group((group, head, member, last): GroupView) -> Group {
    Group {
        id: group.id.0,
        name: group.name,
        description: group.description,
        role: member.role.0,
        last_seq: Seq(head.last_seq),
        read_seq: Seq(member.read_seq),
        revision: Revision(head.revision),
        last_message: last.map(GroupMessage::from),
        member_count: head.member_count,
        created_at: group.created_at.0,
        updated_at: group.updated_at.0,
    }
}
