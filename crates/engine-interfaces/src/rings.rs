//! Topics, and the rings of workers that work on them.

mod jobs;
mod kept;
mod lag;
mod terms;

use std::sync::Arc;

use async_trait::async_trait;

use crate::{BoxError, GroupId, GroupMessage, UserId};

pub use jobs::{RingJob, RingJobs, RingJobsError};
pub use kept::{Kept, KeptCursor, KeptMessages};
pub use lag::{RingLag, SweepShare};
pub use terms::{Position, Progress, RingTerm, RingTerms, RingTermsError};

/// A share of the background work: the messages of some users, and the outbox of some groups. One worker at
/// a time leads it, so that one user's messages are worked on in order.
///
/// # Example
/// ```
/// use engine_interfaces::{Clock, GroupId, SystemClock, Topic};
///
/// let group = GroupId(SystemClock.new_id());
/// assert_eq!(Topic::of_group(group), Topic::of_group(group), "in every process");
/// assert!(Topic::of_group(group).0 < Topic::COUNT);
/// assert_eq!(Topic::all().count(), usize::from(Topic::COUNT));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(pub u16);

impl Topic {
    /// How many there are. Every process must agree on it.
    pub const COUNT: u16 = 32;

    /// The topic of a user's messages.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::{Topic, UserId};
    ///
    /// let topic = Topic::of_user(UserId::from_name("alice"));
    /// assert!(Topic::all().any(|one| one == topic));
    /// ```
    #[must_use]
    pub fn of_user(user: UserId) -> Self {
        Self::of(user.0.as_bytes())
    }

    /// The topic of a group's outbox.
    #[must_use]
    pub fn of_group(group: GroupId) -> Self {
        Self::of(group.0.as_bytes())
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }

    /// FNV-1a: the same in every process and version.
    fn of(id: &[u8; 16]) -> Self {
        let hash = id.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
        });
        Self((hash % u64::from(Self::COUNT)) as u16)
    }
}

/// The time in which one worker leads a topic. The next one's number is higher, and ends this one's right.
///
/// # Example
/// ```
/// use engine_interfaces::{Term, Topic};
///
/// let ended = Term { topic: Topic(3), number: 1 };
/// let again = Term { number: 2, ..ended };
/// assert_ne!(ended, again, "who leads a topic again has no right of the first time");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Term {
    /// What is led.
    pub topic: Topic,
    /// 1 for the first.
    pub number: i64,
}

/// What a topic's leader does with the topic's messages.
///
/// # Example
/// ```
/// use std::sync::Arc;
///
/// use async_trait::async_trait;
/// use engine_interfaces::{BoxError, GroupMessage, RingJob, RingJobs, Term, TopicHandler};
///
/// /// Causes a job for each message.
/// struct Indexing(Arc<dyn RingJobs>);
///
/// #[async_trait]
/// impl TopicHandler for Indexing {
///     async fn handle(&self, term: Term, messages: &[Arc<GroupMessage>]) -> Result<(), BoxError> {
///         let jobs = messages.iter().map(|message| RingJob {
///             kind: "search.index",
///             key: format!("{}/{}", message.group_id, message.id), // given again, it is the same job
///             payload: serde_json::json!({ "group_id": message.group_id, "id": message.id }),
///             run_at: message.created_at,
///         });
///         Ok(self.0.enqueue(term, jobs.collect()).await?)
///     }
/// }
/// ```
#[async_trait]
pub trait TopicHandler: Send + Sync {
    /// Works on `messages`, whose authors are of the term's topic, in the order of each author's sending.
    ///
    /// **At least once**: a leader that dies leaves the messages to the next, and what was lost on the way is
    /// read again from the store. An effect is therefore idempotent, or a job of [`RingJobs`] with a key that
    /// names it. What is read again may come after what was sent later.
    ///
    /// An error has the same messages given again, a little later. A message that keeps failing by itself,
    /// while the handler does well with one that it is given again to tell, is passed over.
    async fn handle(&self, term: Term, messages: &[Arc<GroupMessage>]) -> Result<(), BoxError>;
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{Clock, SystemClock};

    #[test]
    fn users_and_groups_spread_over_the_topics() {
        let users: HashSet<_> = (0..2_000).map(|_| Topic::of_user(UserId(SystemClock.new_id()))).collect();
        let groups: HashSet<_> = (0..2_000).map(|_| Topic::of_group(GroupId(SystemClock.new_id()))).collect();
        assert_eq!((users.len(), groups.len()), (32, 32));
        assert_eq!(Topic::all().count(), 32);
    }

    #[test]
    fn a_user_keeps_their_topic() {
        assert_eq!(Topic::of_user(UserId(uuid::Uuid::nil())), Topic(5));
    }
}
