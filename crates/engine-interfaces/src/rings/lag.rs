//! How far the rings are behind, and what depends on it.

use async_trait::async_trait;

use super::Topic;
use crate::{BoxError, Timestamp};

/// Tells whether the rings have come to what was stored.
///
/// # Example
/// ```
/// use engine_interfaces::{BoxError, RingLag, Timestamp, Topic, UserId};
///
/// /// Whether the effects of all that `user` sent until `at` are there; if not, ask again later.
/// async fn is_settled(lag: &dyn RingLag, user: UserId, at: Timestamp) -> Result<bool, BoxError> {
///     lag.has_handled(Topic::of_user(user), at).await
/// }
/// ```
#[async_trait]
pub trait RingLag: Send + Sync {
    /// Has everything of `topic`'s authors that was stored until `at` been handled? Doubt, as between the
    /// clocks of processes, is a no: it becomes a yes some seconds after the work is done.
    ///
    /// Stored is what is committed: a send that is still under way at `at` may be stored after it.
    async fn has_handled(&self, topic: Topic, at: Timestamp) -> Result<bool, BoxError>;
}

/// What of the sweep is this process's.
///
/// # Example
/// ```
/// use async_trait::async_trait;
/// use engine_interfaces::{BoxError, Clock, SweepShare, SystemClock, Timestamp, Topic};
///
/// /// Of a process that is alone, and where nobody reads anything again.
/// struct Alone;
///
/// #[async_trait]
/// impl SweepShare for Alone {
///     fn topics(&self) -> Vec<Topic> {
///         Topic::all().collect()
///     }
///
///     async fn needed_since(&self) -> Result<Option<Timestamp>, BoxError> {
///         Ok(Some(SystemClock.now())) // all of it may be forgotten in its time
///     }
/// }
/// ```
#[async_trait]
pub trait SweepShare: Send + Sync {
    /// The topics whose groups are swept here, as of now.
    fn topics(&self) -> Vec<Topic>;

    /// What was announced before this may be forgotten as soon as it is old enough; none: nothing may.
    async fn needed_since(&self) -> Result<Option<Timestamp>, BoxError>;
}
