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
    UserId
);
id!(
    /// A group.
    GroupId
);
id!(
    /// A message; unique within its group, and a client may choose it.
    GroupMessageId
);
id!(
    /// A token: the `jti` of a JWT.
    TokenId
);
id!(
    /// A job.
    JobId
);
id!(
    /// A web hook; unique within its group, and a client may choose it.
    WebhookId
);
id!(
    /// An invitation; unique within its group. Not what lets anybody in.
    InvitationId
);
id!(
    /// The delivery of a message to a web hook.
    DeliveryId
);
id!(
    /// An export of what is held of a user.
    ExportId
);
id!(
    /// A realtime server, for as long as it runs.
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
