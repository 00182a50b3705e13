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
mod tests {
    use std::fmt::Debug;

    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;
    use crate::{Clock, GroupMessageId, SystemClock};

    const GROUP: &str = "0197a3c0-0000-7000-8000-000000000001";
    const USER: &str = "0197a3c0-0000-7000-8000-000000000002";
    const MESSAGE: &str = "0197a3c0-0000-7000-8000-000000000003";
    const TOKEN: &str = "0197a3c0-0000-7000-8000-000000000004";
    const NODE: &str = "0197a3c0-0000-7000-8000-000000000005";

    fn id(text: &str) -> uuid::Uuid {
        text.parse().unwrap()
    }

    /// It is sent as the text, which is read back, and also where a newer version adds a field.
    fn travels<T: Serialize + DeserializeOwned + PartialEq + Debug>(sent: &T, text: Value) {
        assert_eq!(serde_json::to_value(sent).unwrap(), text, "the version before reads it as it was");
        let read = |text: Value| serde_json::from_slice::<T>(text.to_string().as_bytes()).unwrap();
        assert_eq!(&read(text.clone()), sent);
        assert_eq!(&read(with_news(text)), sent, "what the version before does not know it passes over");
    }

    /// Each object has one field more.
    fn with_news(text: Value) -> Value {
        match text {
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, value)| (name, with_news(value)));
                fields.chain([("of_a_newer_version".to_owned(), json!({"a": [1]}))]).collect()
            }
            other => other,
        }
    }

    /// While an upgrade goes on both versions speak. A changed line here breaks that: a field is added as one that may
    /// be missing, and may be counted on a release later.
    #[test]
    fn a_hint_is_what_the_version_before_sends_and_reads() {
        let at = Timestamp::from_secs(1_764_000_000).unwrap();
        let message = |user_id, message: Option<&str>, erased| {
            Arc::new(GroupMessage {
                id: GroupMessageId(id(MESSAGE)),
                group_id: GroupId(id(GROUP)),
                user_id,
                seq: Seq(7),
                message: message.map(str::to_owned),
                erased,
                created_at: at,
                updated_at: at,
                trace: None,
            })
        };
        let hint = |message| Hint::of(&message);
        let (time, author) = ("2025-11-24T16:00:00.000000Z", UserId(id(USER)));
        travels(
            &hint(message(Some(author), Some("Hello"), false)),
            json!({"event": "message", "group_id": GROUP, "message": {
                "id": MESSAGE, "group_id": GROUP, "user_id": USER, "seq": 7, "message": "Hello", "erased": false,
                "created_at": time, "updated_at": time,
            }}),
        );
        travels(
            &hint(message(None, None, true)),
            json!({"event": "message", "group_id": GROUP, "message": {
                "id": MESSAGE, "group_id": GROUP, "user_id": null, "seq": 7, "message": null, "erased": true,
                "created_at": time, "updated_at": time,
            }}),
        );
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
    fn a_control_is_what_the_version_before_sends_and_reads() {
        let (group_id, user_id) = (GroupId(id(GROUP)), UserId(id(USER)));
        let member = |change, role| Control::Member { group_id, user_id, change, role };
        for (change, role, word, role_word) in [
            (MemberChange::Joined, Some(Role::Member), "joined", Some("member")),
            (MemberChange::Role, Some(Role::Admin), "role", Some("admin")),
            (MemberChange::Role, Some(Role::Owner), "role", Some("owner")),
            (MemberChange::Left, None, "left", None),
        ] {
            travels(
                &member(change, role),
                json!({"event": "member", "group_id": GROUP, "user_id": USER, "change": word, "role": role_word}),
            );
        }
        travels(
            &Control::GroupChanged {
                group_id,
                name: "Wine".into(),
                description: "Red".into(),
                updated_at: Timestamp::EPOCH,
            },
            json!({"event": "group_changed", "group_id": GROUP, "name": "Wine", "description": "Red",
                   "updated_at": "1970-01-01T00:00:00.000000Z"}),
        );
        travels(&Control::GroupDeleted { group_id }, json!({"event": "group_deleted", "group_id": GROUP}));
        travels(
            &Control::Read { user_id, group_id, read_seq: Seq(3) },
            json!({"event": "read", "user_id": USER, "group_id": GROUP, "read_seq": 3}),
        );
        travels(
            &Control::Erased { group_id, seq: Seq(3) },
            json!({"event": "erased", "group_id": GROUP, "seq": 3}),
        );
        // A field beside the variant's own would be another variant: `tokens` says which by its name.
        for (tokens, text) in [
            (RevokedTokens::One(TokenId(id(TOKEN))), json!({"one": TOKEN})),
            (RevokedTokens::AllBut(Some(TokenId(id(TOKEN)))), json!({"all_but": TOKEN})),
            (RevokedTokens::AllBut(None), json!({"all_but": null})),
        ] {
            let text = json!({"event": "revoked", "user_id": USER, "tokens": text});
            let revoked = Control::Revoked { user_id, tokens };
            assert_eq!(serde_json::to_value(&revoked).unwrap(), text);
            assert_eq!(serde_json::from_value::<Control>(text).unwrap(), revoked);
        }
    }

    #[test]
    fn a_whisper_is_what_the_version_before_sends_and_reads() {
        let whisper = |said| Whisper { group_id: GroupId(id(GROUP)), node: NodeId(id(NODE)), said };
        let user_id = UserId(id(USER));
        travels(
            &whisper(Said::Typing { user_id }),
            json!({"group_id": GROUP, "node": NODE, "event": "typing", "user_id": USER}),
        );
        for (user_ids, named) in [(Some(vec![user_id]), json!([USER])), (None, json!(null))] {
            travels(
                &whisper(Said::Online { online: 1, user_ids, watching: true }),
                json!({"group_id": GROUP, "node": NODE, "event": "online", "online": 1, "user_ids": named,
                       "watching": true}),
            );
        }
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
