//! The streams that the rings of workers read.

use engine_interfaces::UserId;

/// The stream on which a user's messages reach the ring that works on them, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(pub u16);

impl Topic {
    /// How many there are. Every process must agree on it.
    pub const COUNT: u16 = 32;

    /// The topic of a user. FNV-1a over the id's bytes: the same in every process and version.
    #[must_use]
    pub fn of(user: UserId) -> Self {
        let hash = user.0.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
        });
        Self((hash % u64::from(Self::COUNT)) as u16)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use engine_interfaces::{Clock, SystemClock};

    use super::*;

    #[test]
    fn users_spread_over_the_topics() {
        let seen: HashSet<_> = (0..2_000).map(|_| Topic::of(UserId(SystemClock.new_id()))).collect();
        assert_eq!(seen.len(), usize::from(Topic::COUNT));
    }

    #[test]
    fn a_user_keeps_their_topic() {
        assert_eq!(Topic::of(UserId(uuid::Uuid::nil())), Topic(5));
    }
}
