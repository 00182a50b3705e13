//! Topics and the rings that work on them, whatever carries the messages.
//!
//! A [`Source`](source::Source) is where a topic's messages come from: a queue in this process, or a stream in
//! Redis. The [`Leader`](leader::Leader) reads the topics that this process leads, has their messages handled,
//! and writes down how far it is; when a source has lost something, it reads again what chat keeps. Who leads
//! is decided outside of it.

mod handling;
mod lag;
pub(crate) mod leader;
mod local;
mod recovery;
pub(crate) mod right;
mod settings;
pub(crate) mod source;

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use engine_interfaces::{Clock, KeptMessages, RingTerms, Topic, TopicHandler};

use self::handling::Handling;
use crate::meters::RINGS;

pub use lag::Lag;
pub use local::LocalRing;
pub(crate) use local::LocalSource;
pub use settings::RingSettings;

/// What a ring works with.
///
/// # Example
/// ```
/// use std::sync::Arc;
///
/// use broker::RingParts;
/// use engine_interfaces::{KeptMessages, SystemClock, TopicHandler};
/// use jobs::RingStore;
///
/// /// Whoever keeps the messages, and all that follows from them.
/// fn parts(terms: RingStore, chat: Arc<dyn KeptMessages>, handlers: Vec<Arc<dyn TopicHandler>>) -> RingParts {
///     RingParts { terms: Arc::new(terms), kept: chat, handlers, clock: Arc::new(SystemClock) }
/// }
/// ```
#[derive(Clone)]
pub struct RingParts {
    /// Decides who leads.
    pub terms: Arc<dyn RingTerms>,
    /// What is read again when something got lost on its way.
    pub kept: Arc<dyn KeptMessages>,
    /// What is done with the messages.
    pub handlers: Vec<Arc<dyn TopicHandler>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What every part of a ring has in common.
pub(crate) struct Shared {
    pub(crate) terms: Arc<dyn RingTerms>,
    pub(crate) kept: Arc<dyn KeptMessages>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) handling: Handling,
    pub(crate) settings: RingSettings,
    /// The topics that this process leads.
    led: Mutex<BTreeSet<Topic>>,
}

impl Shared {
    pub(crate) fn new(parts: RingParts, settings: RingSettings) -> Arc<Self> {
        LazyLock::force(&RINGS);
        let RingParts { terms, kept, handlers, clock } = parts;
        let handling = Handling::new(handlers, settings.clone());
        Arc::new(Self { terms, kept, clock, handling, settings, led: Mutex::default() })
    }

    pub(crate) fn lead(&self, topics: BTreeSet<Topic>) {
        RINGS.led.set(topics.len() as f64);
        *self.led.lock().unwrap_or_else(PoisonError::into_inner) = topics;
    }

    pub(crate) fn led(&self) -> BTreeSet<Topic> {
        self.led.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
