//! What the rings do with messages.

use clap::Args;

use super::Toggle;

/// What the rings do with messages.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Rings")]
pub struct RingSettings {
    /// Whether each message is linked to its author, for account export and erasure.
    #[arg(long, env = "LINK_MESSAGES", value_name = "on|off", default_value = "on")]
    pub link_messages: Toggle,

    /// Whether export and erasure go by the links alone. Where it is off, they look through the logs of the user's
    /// groups as well; on is for where every message is linked, and always was.
    #[arg(long, env = "TRUST_LINKS", value_name = "on|off", default_value = "off")]
    pub trust_links: Toggle,
}

impl RingSettings {
    /// The chat engine's, of a process that does nothing else with it.
    #[must_use]
    pub fn chat(&self) -> chat_engine::Settings {
        self.of(chat_engine::Settings { sweep: false, ..chat_engine::Settings::default() })
    }

    /// The chat engine's, with these.
    #[must_use]
    pub fn of(&self, chat: chat_engine::Settings) -> chat_engine::Settings {
        let link_messages = self.link_messages.is_on();
        let trust_links = link_messages && self.trust_links.is_on();
        chat_engine::Settings { link_messages, trust_links, ..chat }
    }
}
