//! What travels between processes. All of it are hints: the store is the truth.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{GroupId, GroupMessage, NodeId, Role, Seq, TokenId, Traceparent, UserId, traceparent::lenient};

/// A stored message, on its way to those who are online.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Hint {
    /// `routing:{slot}` and `routing:topic:{topic}` carry this.
    Message {
        /// The group.
        group_id: GroupId,
        /// The message, as clients see it.
        message: Arc<GroupMessage>,
        /// The trace that it is on its way in, where that is recorded.
        #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
        traceparent: Option<Traceparent>,
    },
}

impl Hint {
    /// Of a message, and of the trace that it has.
    #[must_use]
    pub fn of(message: &Arc<GroupMessage>) -> Self {
        Self::Message { group_id: message.group_id, message: Arc::clone(message), traceparent: message.trace }
    }

    /// The message, with its trace.
    #[must_use]
    pub fn into_message(self) -> Arc<GroupMessage> {
        let Self::Message { mut message, traceparent, .. } = self;
        if traceparent.is_some() {
            Arc::make_mut(&mut message).trace = traceparent;
        }
        message
    }
}

/// What is no message, on the channel `routing:control`, which every realtime node follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Control {
    /// Somebody joined, left, or has another role.
    Member {
        /// The group.
        group_id: GroupId,
        /// Who.
        user_id: UserId,
        /// What changed.
        change: MemberChange,
        /// The role that they have now; none after they left.
        role: Option<Role>,
    },
    /// The group is gone for everybody.
    GroupDeleted {
        /// The group.
        group_id: GroupId,
    },
    /// A user read up to a position, on one of their devices.
    Read {
        /// Who.
        user_id: UserId,
        /// The group.
        group_id: GroupId,
        /// How far.
        read_seq: Seq,
    },
    /// Tokens that are no longer good.
    Revoked {
        /// Whose they were.
        user_id: UserId,
        /// Which of them.
        tokens: RevokedTokens,
    },
    /// A message lost its text and author.
    Erased {
        /// The group.
        group_id: GroupId,
        /// The message's position, which it keeps.
        seq: Seq,
    },
}

/// What changed about a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberChange {
    /// Is in the group now.
    Joined,
    /// No longer is.
    Left,
    /// Has another role.
    Role,
}

/// Which of a user's tokens are revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokedTokens {
    /// This one.
    One(TokenId),
    /// Every one that was given out until now, but for the one named.
    AllBut(Option<TokenId>),
}

/// What no store has, on the channel `routing:{slot}` of its group. A lost one is made good by a later one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whisper {
    /// The group.
    pub group_id: GroupId,
    /// The realtime server that says it. It hears itself too.
    pub node: NodeId,
    /// What it says.
    #[serde(flatten)]
    pub said: Said,
}

/// What a [`Whisper`] says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Said {
    /// Somebody is writing a message.
    Typing {
        /// Who.
        user_id: UserId,
    },
    /// Who of the group is online at this server.
    Online {
        /// How many.
        online: u32,
        /// Who, while they are few.
        user_ids: Option<Vec<UserId>>,
        /// Somebody here has the group open, and so wants to hear the same of the others.
        watching: bool,
    },
}

/// A part of the groups: what a realtime node follows at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u16);

impl Slot {
    /// How many there are. Every process must agree on it.
    pub const COUNT: u16 = 256;

    /// The slot of a group. FNV-1a over the id's bytes: the same in every process and version.
    #[must_use]
    pub fn of(group: GroupId) -> Self {
        let hash = group.0.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
        });
        Self((hash % u64::from(Self::COUNT)) as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, GroupMessageId, SystemClock, Timestamp};

    #[test]
    fn a_hint_is_written_as_the_contract_has_it() {
        let control = Control::Read {
            user_id: UserId::from_name("a"),
            group_id: GroupId(uuid::Uuid::nil()),
            read_seq: Seq(3),
        };
        let text = serde_json::to_value(&control).unwrap();
        assert_eq!(text["event"], "read");
        assert_eq!(text["read_seq"], 3);
        assert_eq!(serde_json::from_value::<Control>(text).unwrap(), control);
    }

    fn message(trace: Option<Traceparent>) -> Arc<GroupMessage> {
        Arc::new(GroupMessage {
            id: GroupMessageId(uuid::Uuid::nil()),
            group_id: GroupId(uuid::Uuid::nil()),
            user_id: None,
            seq: Seq(1),
            message: None,
            erased: true,
            created_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
            trace,
        })
    }

    #[test]
    fn a_hint_has_its_trace_beside_the_message_and_none_where_there_is_none() {
        let (plain, parent) = (message(None), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let untold = serde_json::to_value(Hint::of(&plain)).unwrap();
        let members: Vec<_> = untold.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["event", "group_id", "message"], "as processes of before write and read it");

        let traced = message(Some(parent.parse().unwrap()));
        let mut told = serde_json::to_value(Hint::of(&traced)).unwrap();
        assert_eq!(told["traceparent"], parent);
        assert_eq!(told["message"], untold["message"], "clients see nothing of it");
        let heard: Hint = serde_json::from_value(told.clone()).unwrap();
        assert_eq!(heard.into_message(), traced);
        for strange in [serde_json::json!("of another version"), serde_json::json!({"id": 1})] {
            told["traceparent"] = strange;
            told["what a later version adds"] = 1.into();
            let heard: Hint = serde_json::from_value(told.clone()).unwrap();
            assert_eq!(heard.into_message(), plain, "the message comes all the same");
        }
    }

    #[test]
    fn a_whisper_is_written_flat() {
        let said = Said::Online { online: 1, user_ids: Some(vec![UserId::from_name("a")]), watching: true };
        let whisper = Whisper { group_id: GroupId(uuid::Uuid::nil()), node: NodeId(uuid::Uuid::nil()), said };
        let text = serde_json::to_vec(&whisper).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!((&value["event"], &value["online"]), (&"online".into(), &1.into()));
        assert_eq!(serde_json::from_slice::<Whisper>(&text).unwrap(), whisper);
    }

    #[test]
    fn groups_spread_over_the_slots() {
        let mut seen = std::collections::HashSet::new();
        for _ in 0..10_000 {
            let slot = Slot::of(GroupId(SystemClock.new_id()));
            assert!(slot.0 < Slot::COUNT);
            seen.insert(slot);
        }
        assert_eq!(seen.len(), usize::from(Slot::COUNT));
    }
}
