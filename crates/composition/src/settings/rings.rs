//! What the rings do with messages.

use clap::Args;

use super::Toggle;

/// What the rings do with messages.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Rings")]
pub struct RingSettings {
    /// Whether each message is linked to its author, which account export and erasure go by. Where it is off,
    /// they walk the author's groups.
    #[arg(long, env = "LINK_MESSAGES", value_name = "on|off", default_value = "on")]
    pub link_messages: Toggle,
}

impl RingSettings {
    /// The chat engine's, of a process that does nothing else with it.
    #[must_use]
    pub fn chat(&self) -> chat_engine::Settings {
        let link_messages = self.link_messages.is_on();
        chat_engine::Settings { link_messages, sweep: false, ..chat_engine::Settings::default() }
    }
}
