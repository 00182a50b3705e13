//! Ids and counters, each of its own type.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

id!(
    /// A user.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::UserId;
    ///
    /// let alice = UserId::from_name("alice");
    /// assert_eq!(alice.to_string().parse(), Ok(alice));
    /// assert_eq!(serde_json::to_value(alice).unwrap(), alice.to_string());
    /// ```
    UserId
);
id!(
    /// A group.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::{Clock, GroupId, SystemClock};
    /// use uuid::Uuid;
    ///
    /// let group: GroupId = SystemClock.new_id().into();
    /// assert_eq!(Uuid::from(group), group.0);
    /// ```
    GroupId
);
id!(
    /// A message; unique within its group, and a client may choose it.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::GroupMessageId;
    ///
    /// let chosen = "0197a3c0-0000-7000-8000-000000000003"; // by a client
    /// assert_eq!(chosen.parse::<GroupMessageId>().unwrap().to_string(), chosen);
    /// assert!("my first message".parse::<GroupMessageId>().is_err());
    /// ```
    GroupMessageId
);
id!(
    /// A token: the `jti` of a JWT.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::TokenId;
    ///
    /// let claims = serde_json::json!({ "jti": "0197a3c0-0000-7000-8000-000000000004" });
    /// let token: TokenId = serde_json::from_value(claims["jti"].clone()).unwrap();
    /// ```
    TokenId
);
id!(
    /// A job.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::{Clock, JobId, SystemClock};
    ///
    /// let job = JobId(SystemClock.new_id());
    /// assert_eq!(job.0.get_version_num(), 7, "it tells when the job was made");
    /// ```
    JobId
);
id!(
    /// A web hook; unique within its group, and a client may choose it.
    ///
    /// # Example
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use engine_interfaces::{Clock, GroupId, SystemClock, WebhookId};
    ///
    /// let [group, hook] = [SystemClock.new_id(), SystemClock.new_id()];
    /// let mut faults: HashMap<(GroupId, WebhookId), u32> = HashMap::new(); // another group may have the same id
    /// *faults.entry((group.into(), hook.into())).or_default() += 1;
    /// ```
    WebhookId
);
id!(
    /// An invitation; unique within its group. Not what lets anybody in.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(chat: &dyn Chat, alice: UserId, group: GroupId, path: &str) -> Result<(), ChatError> {
    /// let invitation: InvitationId = path.parse().map_err(|_| ChatError::InvitationNotFound)?;
    /// chat.revoke_invitation(alice, group, invitation).await?; // all that the id is good for
    /// # Ok(()) }
    /// ```
    InvitationId
);
id!(
    /// The delivery of a message to a web hook.
    ///
    /// # Example
    /// ```
    /// use std::collections::HashSet;
    ///
    /// use engine_interfaces::{Clock, DeliveryId, SystemClock};
    ///
    /// let (mut seen, delivery) = (HashSet::new(), DeliveryId(SystemClock.new_id()));
    /// let attempts = [delivery, delivery]; // the receiver's answer to the first got lost
    /// assert_eq!(attempts.map(|id| seen.insert(id)), [true, false], "it knows the second");
    /// ```
    DeliveryId
);
id!(
    /// An export of what is held of a user.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(accounts: &dyn Accounts, user: UserId, path: &str) -> Result<(), AuthError> {
    /// let export: ExportId = path.parse().map_err(|_| AuthError::ExportNotFound)?;
    /// let state = accounts.show_export(user, export).await?.state; // the id alone shows nobody else anything
    /// # Ok(()) }
    /// ```
    ExportId
);
id!(
    /// A realtime server, for as long as it runs.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::{Clock, NodeId, SystemClock};
    ///
    /// let [before, after] = [SystemClock.new_id(), SystemClock.new_id()].map(NodeId);
    /// assert_ne!(before, after, "who starts again is another");
    /// ```
    NodeId
);

impl UserId {
    /// The id of a user whose own id is of another kind, such as a number: a v5 UUID, the same for the
    /// same name every time.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::UserId;
    ///
    /// assert_eq!(UserId::from_name("42"), UserId::from_name("42"));
    /// assert_ne!(UserId::from_name("42"), UserId::from_name("43"));
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        const USERS: Uuid = Uuid::from_u128(0x6f1c_7a52_38a4_5d0b_9a5e_27c1_4ed3_80f6);
        Self(Uuid::new_v5(&USERS, name.as_bytes()))
    }
}

/// A message's position in its group: 1, 2, 3, … in the order of commit, without gaps, never reused.
/// 0 is "before the first".
///
/// # Example
/// ```
/// use engine_interfaces::Seq;
///
/// assert_eq!(Seq::ZERO.next(), Seq(1));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub i64);

impl Seq {
    /// Before the first message.
    pub const ZERO: Self = Self(0);

    /// The position after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Counts what changes a group without being a message: a join, a leave, a role, a rename, an erasure.
///
/// # Example
/// ```
/// use engine_interfaces::Revision;
///
/// let (copy, now) = (Revision::default(), Revision(1));
/// assert!(copy < now, "what changed was no message");
/// assert_eq!(serde_json::to_value(now).unwrap(), 1);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_the_same_user_id_every_time() {
        assert_eq!(UserId::from_name("42"), UserId::from_name("42"));
        assert_ne!(UserId::from_name("42"), UserId::from_name("43"));
    }
}
