//! How much of everything there may be.

use clap::Args;

use super::{at_least_one, size};

/// How much of everything there may be.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Chat")]
pub struct ChatSettings {
    /// The most members of a group.
    #[arg(long, env = "MAX_MEMBERS", value_name = "N", default_value_t = 50_000, value_parser = clap::value_parser!(i64).range(1..))]
    pub max_members: i64,

    /// The most groups of a user.
    #[arg(long, env = "MAX_GROUPS_PER_USER", value_name = "N", default_value_t = 1_000, value_parser = at_least_one())]
    pub max_groups_per_user: u64,

    /// How many messages may wait for each writer; past it the answer is 503.
    #[arg(long, env = "WRITER_QUEUE", value_name = "N", default_value_t = 1_024, value_parser = at_least_one())]
    pub writer_queue: u64,

    /// How much memory the newest messages of groups that are read may take in each process; 0 keeps none.
    #[arg(long, env = "RECENT_BYTES", value_name = "BYTES", default_value_t = 32 * 1024 * 1024)]
    pub recent_bytes: u64,
}

impl ChatSettings {
    /// The chat engine's. It sweeps nothing by itself: the rings say what is theirs.
    #[must_use]
    pub fn chat(&self) -> chat_engine::Settings {
        chat_engine::Settings {
            max_members: self.max_members,
            max_groups_per_user: size(self.max_groups_per_user),
            writer_queue: size(self.writer_queue),
            recent_bytes: size(self.recent_bytes),
            sweep: false,
            ..chat_engine::Settings::default()
        }
    }
}
