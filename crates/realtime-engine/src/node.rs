//! One realtime server, apart from the sockets: what its parts share.

use std::sync::Arc;

use engine_interfaces::{Authentication, Broker, Chat, Clock};
use tokio::sync::{Notify, Semaphore};

use crate::{bus::Bus, hub::Hub, settings::Settings};

/// What the parts of a realtime server share.
pub(crate) struct Node {
    /// Says who a token is of.
    pub(crate) authentication: Arc<dyn Authentication>,
    /// The truth.
    pub(crate) chat: Arc<dyn Chat>,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// The limits.
    pub(crate) settings: Settings,
    /// Who is here.
    pub(crate) hub: Hub,
    /// What is heard.
    pub(crate) bus: Bus,
    /// Bounds how many groups are repaired at once.
    pub(crate) repairs: Semaphore,
    /// Asks for a comparison of heads now.
    pub(crate) compare_heads: Notify,
    /// Asks for a comparison of tokens and memberships now.
    pub(crate) compare_sessions: Notify,
}

impl Node {
    /// A server with nobody on it.
    pub(crate) fn new(
        authentication: Arc<dyn Authentication>,
        chat: Arc<dyn Chat>,
        broker: Arc<dyn Broker>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Arc<Self> {
        Arc::new(Self {
            authentication,
            chat,
            clock,
            hub: Hub::new(settings.clone()),
            bus: Bus::new(broker),
            repairs: Semaphore::new(settings.concurrent_repairs),
            compare_heads: Notify::new(),
            compare_sessions: Notify::new(),
            settings,
        })
    }
}
