//! What the server tells of its own accord.

use engine_interfaces::{GroupId, GroupMessage, MemberChange, Role, Seq, Timestamp, UserId};
use serde::Serialize;

use crate::{errors::Refusal, frame::Frame, online::Online};

/// `message`: the same object as over HTTP.
pub(crate) fn message(message: &GroupMessage) -> Frame {
    Frame::event("message", message)
}

/// `member`: somebody joined, left or has another role.
pub(crate) fn member(group_id: GroupId, user_id: UserId, change: MemberChange, role: Option<Role>) -> Frame {
    #[derive(Serialize)]
    struct Member {
        group_id: GroupId,
        user_id: UserId,
        change: MemberChange,
        role: Option<Role>,
    }
    Frame::event("member", &Member { group_id, user_id, change, role })
}

/// `group`: a group has another name or description.
pub(crate) fn group(group_id: GroupId, name: &str, description: &str, updated_at: Timestamp) -> Frame {
    #[derive(Serialize)]
    struct Group<'a> {
        group_id: GroupId,
        name: &'a str,
        description: &'a str,
        updated_at: Timestamp,
    }
    Frame::event("group", &Group { group_id, name, description, updated_at })
}

/// `erased`: a message lost its text and author.
pub(crate) fn erased(group_id: GroupId, seq: Seq) -> Frame {
    #[derive(Serialize)]
    struct Erased {
        group_id: GroupId,
        seq: Seq,
    }
    Frame::event("erased", &Erased { group_id, seq })
}

/// `read`: the user read up to here, on one of their devices.
pub(crate) fn read(group_id: GroupId, read_seq: Seq) -> Frame {
    #[derive(Serialize)]
    struct Read {
        group_id: GroupId,
        read_seq: Seq,
    }
    Frame::event("read", &Read { group_id, read_seq })
}

/// `resync`: read the group over HTTP, up to here; what comes after comes live.
pub(crate) fn resync(group_id: GroupId, last_seq: Seq) -> Frame {
    #[derive(Serialize)]
    struct Resync {
        group_id: GroupId,
        last_seq: Seq,
    }
    Frame::event("resync", &Resync { group_id, last_seq })
}

/// `typing`: somebody is writing a message.
pub(crate) fn typing(group_id: GroupId, user_id: UserId) -> Frame {
    #[derive(Serialize)]
    struct Typing {
        group_id: GroupId,
        user_id: UserId,
    }
    Frame::event("typing", &Typing { group_id, user_id })
}

/// `presence`: how many of the group are online, and who, while they are few.
pub(crate) fn presence(group_id: GroupId, online: &Online) -> Frame {
    #[derive(Serialize)]
    struct Presence<'a> {
        group_id: GroupId,
        online: u32,
        user_ids: Option<&'a [UserId]>,
    }
    let user_ids = online.named.as_deref();
    Frame::event("presence", &Presence { group_id, online: online.count, user_ids })
}

/// `closed`: why the `disconnect` that follows.
pub(crate) fn closed(reason: &Refusal) -> Frame {
    Frame::event("closed", reason)
}
