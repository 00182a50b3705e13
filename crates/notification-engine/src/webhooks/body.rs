//! What a receiver is sent.

use engine_interfaces::{GroupMessage, Timestamp};
use serde::Serialize;

/// What a receiver is sent: the contract's message object, as it is when it is sent.
#[derive(Serialize)]
pub(crate) struct Body<'a> {
    #[serde(rename = "type")]
    event: &'static str,
    /// When the message was stored.
    timestamp: Timestamp,
    data: &'a GroupMessage,
}

impl<'a> Body<'a> {
    pub(crate) fn of(message: &'a GroupMessage) -> Self {
        Self { event: "message.created", timestamp: message.created_at, data: message }
    }
}
