//! Groups.

use engine_interfaces::{Group, GroupId, Seq, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::{GroupMessageSerializer, GroupMessagesSerializer, ListPageSerializer, RoleName};

/// A group, as one of its members sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = Group)]
pub(crate) struct GroupSerializer<'a> {
    #[schema(value_type = Uuid)]
    id: GroupId,
    name: &'a str,
    /// What the group is about.
    description: &'a str,
    /// What the caller may do.
    role: RoleName,
    /// The newest message's position; 0 before the first.
    #[schema(value_type = i64, minimum = 0)]
    last_seq: Seq,
    /// How far the caller has read.
    #[schema(value_type = i64, minimum = 0)]
    read_seq: Seq,
    /// How many messages the caller has not read. Exact.
    #[schema(minimum = 0)]
    unread_count: i64,
    /// The newest message; none before the first.
    #[schema(required = true)]
    last_message: Option<GroupMessageSerializer<'a>>,
    /// How many are in it.
    #[schema(minimum = 1)]
    member_count: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl<'a> From<&'a Group> for GroupSerializer<'a> {
    fn from(group: &'a Group) -> Self {
        let Group {
            id,
            name,
            description,
            role,
            last_seq,
            read_seq,
            revision: _, // only an ETag shows it
            last_message,
            member_count,
            created_at,
            updated_at,
        } = group;
        Self {
            id: *id,
            name,
            description,
            role: (*role).into(),
            last_seq: *last_seq,
            read_seq: *read_seq,
            unread_count: group.unread_count(),
            last_message: last_message.as_ref().map(Into::into),
            member_count: *member_count,
            created_at: *created_at,
            updated_at: *updated_at,
        }
    }
}

/// A group and its newest messages, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = GroupWithMessages)]
pub(crate) struct GroupWithMessagesSerializer<'a> {
    #[serde(flatten)]
    pub(crate) group: GroupSerializer<'a>,
    #[serde(flatten)]
    pub(crate) newest: GroupMessagesSerializer<'a>,
}

/// A page of groups, latest activity first.
#[derive(Serialize, ToSchema)]
#[schema(as = Groups)]
pub(crate) struct GroupsSerializer<'a> {
    pub(crate) groups: Vec<GroupSerializer<'a>>,
    pub(crate) page: ListPageSerializer<'a>,
}
