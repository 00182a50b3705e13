//! How much of everything there may be.

use std::time::Duration;

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

    /// How long an invitation is good where nothing is said, at most MAX_INVITATION_LIFE.
    #[arg(long, env = "INVITATION_LIFE", value_name = "TIME", default_value = "7d", value_parser = humantime::parse_duration)]
    pub invitation_life: Duration,

    /// The longest that an invitation may be good.
    #[arg(long, env = "MAX_INVITATION_LIFE", value_name = "TIME", default_value = "30d", value_parser = humantime::parse_duration)]
    pub max_invitation_life: Duration,

    /// How many may join by an invitation where nothing is said, at most MAX_INVITATION_USES.
    #[arg(long, env = "INVITATION_USES", value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub invitation_uses: u32,

    /// The most that may join by one invitation.
    #[arg(long, env = "MAX_INVITATION_USES", value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=2_147_483_647))]
    pub max_invitation_uses: u32,

    /// The most invitations of a group that are open at once.
    #[arg(long, env = "MAX_INVITATIONS", value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..))]
    pub max_invitations: i64,

    /// How many writers store messages; each has one statement under way, on a connection of its own. On SQLite
    /// always one.
    #[arg(long, env = "WRITERS", value_name = "N", default_value_t = 2, value_parser = at_least_one())]
    pub writers: u64,

    /// The most messages of one statement.
    #[arg(long, env = "WRITER_BATCH", value_name = "N", default_value_t = 128, value_parser = at_least_one())]
    pub writer_batch: u64,

    /// How many messages may wait for each writer; past it the answer is 503.
    #[arg(long, env = "WRITER_QUEUE", value_name = "N", default_value_t = 1_024, value_parser = at_least_one())]
    pub writer_queue: u64,

    /// How many readers of each HTTP thread ask who is in a group; each has one statement under way, on a connection of
    /// its own. What more ask at once, they ask together.
    #[arg(long, env = "READERS", value_name = "N", default_value_t = 2, value_parser = at_least_one())]
    pub readers: u64,

    /// The most questions of one statement.
    #[arg(long, env = "READER_BATCH", value_name = "N", default_value_t = 128, value_parser = at_least_one())]
    pub reader_batch: u64,

    /// How many questions may wait for each reader; past it the answer is 503.
    #[arg(long, env = "READER_QUEUE", value_name = "N", default_value_t = 1_024, value_parser = at_least_one())]
    pub reader_queue: u64,

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
            invitation_life: self.invitation_life,
            max_invitation_life: self.max_invitation_life,
            invitation_uses: self.invitation_uses,
            max_invitation_uses: self.max_invitation_uses,
            max_invitations: self.max_invitations,
            writers: size(self.writers),
            writer_batch: size(self.writer_batch),
            writer_queue: size(self.writer_queue),
            readers: size(self.readers),
            reader_batch: size(self.reader_batch),
            reader_queue: size(self.reader_queue),
            recent_bytes: size(self.recent_bytes),
            sweep: false,
            ..chat_engine::Settings::default()
        }
    }
}
