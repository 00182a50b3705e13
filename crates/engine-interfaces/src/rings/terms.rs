//! Who leads, and how far the work is.

use async_trait::async_trait;

use super::{Term, Topic};
use crate::{BoxError, Timestamp};

/// Where in a topic's stream a leader is.
///
/// # Example
/// ```
/// use engine_interfaces::Position;
///
/// let read = Position { server: "first run".into(), entry: "1767225600000-7".into() };
/// let restarted = Position { server: "second run".into(), ..read.clone() };
/// assert_ne!(read, restarted, "an entry's id says nothing about another run");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Which run of which server the stream was read from.
    pub server: String,
    /// The last entry that was handled, by its id in the stream.
    pub entry: String,
}

/// How far a topic's messages are handled.
///
/// # Example
/// ```
/// use engine_interfaces::{Progress, Timestamp};
///
/// let never = Progress::default();
/// let once = Progress { caught_up_at: Some(Timestamp::EPOCH), ..Progress::default() };
/// let last = [never, once].iter().map(|progress| progress.caught_up_at).min();
/// assert_eq!(last, Some(None), "who never caught up is the furthest behind");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Where the next leader reads on; none where there is no stream, or it was not read yet.
    pub position: Option<Position>,
    /// Whatever was announced before this has been handled; none: nothing is known to be.
    pub caught_up_at: Option<Timestamp>,
}

/// What is written down about a topic.
///
/// # Example
/// ```
/// use engine_interfaces::{RingTerm, Topic};
///
/// /// What `leader` leads, as it is written down.
/// fn led(terms: &[RingTerm], leader: &str) -> Vec<Topic> {
///     terms.iter().filter(|led| led.leader == leader).map(|led| led.term.topic).collect()
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingTerm {
    /// The newest term.
    pub term: Term,
    /// Whose it is.
    pub leader: String,
    /// Since when.
    pub began_at: Timestamp,
    /// How far the messages are handled, by this leader and those before it.
    pub progress: Progress,
}

/// The terms could not be read or written.
///
/// # Example
/// ```
/// use std::error::Error;
///
/// use engine_interfaces::RingTermsError;
///
/// let error = RingTermsError("no route to host".into());
/// assert_eq!(error.to_string(), "the terms are unavailable");
/// assert_eq!(error.source().unwrap().to_string(), "no route to host");
/// ```
#[derive(Debug, thiserror::Error)]
#[error("the terms are unavailable")]
pub struct RingTermsError(#[source] pub BoxError);

/// Decides who leads. A lease elsewhere may say who tries; what counts is the term that is written here.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(terms: &dyn RingTerms, topic: Topic, now: Timestamp) -> Result<(), RingTermsError> {
/// for RingTerm { term, mut progress, .. } in terms.begin(&[topic], "worker 1").await? {
///     progress.caught_up_at = Some(now); // once it has read on from `progress.position`
///     if !terms.advance(&[(term, progress)]).await?.contains(&term) {
///         println!("another has begun to lead");
///     }
/// }
/// # Ok(()) }
/// ```
#[async_trait]
pub trait RingTerms: Send + Sync {
    /// Begins a term of `leader` for each of `topics`, which ends the term before it: what another leader does
    /// from now on has no effect.
    async fn begin(&self, topics: &[Topic], leader: &str) -> Result<Vec<RingTerm>, RingTermsError>;

    /// Writes down how far the work is, where the term still holds; answers the terms that do.
    async fn advance(&self, progress: &[(Term, Progress)]) -> Result<Vec<Term>, RingTermsError>;

    /// Every topic that was ever led.
    async fn list(&self) -> Result<Vec<RingTerm>, RingTermsError>;
}
