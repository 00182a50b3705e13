//! Who leads, and how far the work is.

use async_trait::async_trait;

use super::{Term, Topic};
use crate::{BoxError, Timestamp};

/// Where in a topic's stream a leader is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Which run of which server the stream was read from.
    pub server: String,
    /// The last entry that was handled, by its id in the stream.
    pub entry: String,
}

/// How far a topic's messages are handled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Where the next leader reads on; none where there is no stream, or it was not read yet.
    pub position: Option<Position>,
    /// Whatever was announced before this has been handled; none: nothing is known to be.
    pub caught_up_at: Option<Timestamp>,
}

/// What is written down about a topic.
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
#[derive(Debug, thiserror::Error)]
#[error("the terms are unavailable")]
pub struct RingTermsError(#[source] pub BoxError);

/// Decides who leads. A lease elsewhere may say who tries; what counts is the term that is written here.
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
