//! What travels between processes. All of it are hints: the store is the truth.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    GroupId, GroupMessage, NodeId, Role, Seq, Timestamp, TokenId, Traceparent, UserId, traceparent::lenient,
};

/// A stored message, on its way to those who are online.
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// use engine_interfaces::{GroupMessage, Hint};
/// # let (id, at) = (uuid::Uuid::nil(), "1970-01-01T00:00:00Z");
/// # let stored: GroupMessage = serde_json::from_value(serde_json::json!({
/// #     "id": id, "group_id": id, "user_id": id, "seq": 1, "message": "Cheers!", "erased": false,
/// #     "created_at": at, "updated_at": at,
/// # })).unwrap();
/// # let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// # let stored = Arc::new(GroupMessage { trace: parent.parse().ok(), ..stored });
///
/// let sent = serde_json::to_vec(&Hint::of(&stored)).unwrap();
/// let heard: Hint = serde_json::from_slice(&sent).unwrap();
/// assert_eq!(heard.into_message(), stored, "with its trace, which no client sees");
/// ```
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
///
/// # Example
/// ```
/// use engine_interfaces::{Clock, Control, GroupId, SystemClock};
///
/// let group_id = GroupId(SystemClock.new_id());
/// let text = serde_json::json!({ "event": "group_deleted", "group_id": group_id, "of a later version": 1 });
/// let heard: Control = serde_json::from_value(text).unwrap();
/// assert_eq!(heard, Control::GroupDeleted { group_id }, "while an upgrade goes on, too");
/// ```
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
    /// A group has another name or description.
    GroupChanged {
        /// The group.
        group_id: GroupId,
        /// Its name.
        name: String,
        /// Its description.
        description: String,
        /// When they last changed.
        updated_at: Timestamp,
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
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # fn example(control: Control) {
/// match control {
///     Control::Member { user_id, change: MemberChange::Left, .. } => println!("{user_id} hears no more"),
///     Control::Member { user_id, role: Some(role), .. } => println!("{user_id} is {role} now"),
///     _ => {}
/// }
/// # }
/// ```
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
///
/// # Example
/// ```
/// use engine_interfaces::{Clock, RevokedTokens, SystemClock, TokenId};
///
/// let revokes = |revoked: RevokedTokens, token: TokenId| match revoked {
///     RevokedTokens::One(id) => token == id,
///     RevokedTokens::AllBut(kept) => kept != Some(token),
/// };
/// let [here, elsewhere] = [SystemClock.new_id(), SystemClock.new_id()].map(TokenId);
/// let changed_password = RevokedTokens::AllBut(Some(here));
/// assert!(!revokes(changed_password, here) && revokes(changed_password, elsewhere));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokedTokens {
    /// This one.
    One(TokenId),
    /// Every one that was given out until now, but for the one named.
    AllBut(Option<TokenId>),
}

/// What no store has, on the channel `routing:{slot}` of its group. A lost one is made good by a later one.
///
/// # Example
/// ```
/// use engine_interfaces::{NodeId, Said, Whisper};
///
/// /// What another server says: it hears itself too, and knows that already.
/// fn news(whisper: Whisper, here: NodeId) -> Option<Said> {
///     (whisper.node != here).then_some(whisper.said)
/// }
/// ```
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
///
/// # Example
/// ```
/// use engine_interfaces::Said;
///
/// /// Which of the online users to show: all, or just how many they are.
/// fn shown(said: &Said) -> Option<String> {
///     match said {
///         Said::Online { user_ids: Some(few), .. } => Some(format!("{few:?}")),
///         Said::Online { online, user_ids: None, .. } => Some(format!("{online} people")),
///         Said::Typing { .. } => None,
///     }
/// }
/// ```
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
///
/// # Example
/// ```
/// use std::collections::HashSet;
///
/// use engine_interfaces::{Clock, GroupId, Slot, SystemClock};
///
/// let groups = (0..1_000).map(|_| GroupId(SystemClock.new_id()));
/// let followed: HashSet<Slot> = groups.map(Slot::of).collect(); // each once, whatever lies in it
/// assert!(followed.len() <= usize::from(Slot::COUNT));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u16);

impl Slot {
    /// How many there are. Every process must agree on it.
    pub const COUNT: u16 = 256;

    /// The slot of a group. FNV-1a over the id's bytes: the same in every process and version.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::{Clock, GroupId, Slot, SystemClock};
    ///
    /// let group = GroupId(SystemClock.new_id());
    /// assert_eq!(Slot::of(group), Slot::of(group), "in every process");
    /// assert!(Slot::of(group).0 < Slot::COUNT);
    /// ```
    #[must_use]
    pub fn of(group: GroupId) -> Self {
        let hash = group.0.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
        });
        Self((hash % u64::from(Self::COUNT)) as u16)
    }
}

#[cfg(test)]
mod tests;
