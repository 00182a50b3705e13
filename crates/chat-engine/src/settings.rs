//! The engine's limits.

use std::time::Duration;

use database::Location;

use crate::coalescer::Lanes;

/// The engine's limits, each with its unit. The defaults serve from a laptop to a busy server.
///
/// # Example
/// ```
/// use std::time::Duration;
///
/// use chat_engine::Settings;
///
/// let settings = Settings { send_timeout: Duration::from_secs(2), max_members: 500, ..Settings::default() };
/// assert_eq!(settings.max_groups_per_user, 1_000);
/// ```
#[derive(Debug, Clone)]
pub struct Settings {
    /// The most members of a group. 50,000.
    pub max_members: i64,
    /// The most groups that a user may be in. 1,000.
    pub max_groups_per_user: usize,
    /// How long an invitation is good that does not say, at most `max_invitation_life`. 7 days.
    pub invitation_life: Duration,
    /// How long an invitation may be good. 30 days.
    pub max_invitation_life: Duration,
    /// How many may join by an invitation that does not say, at most `max_invitation_uses`. 10.
    pub invitation_uses: u32,
    /// How many may join by one invitation. 1,000.
    pub max_invitation_uses: u32,
    /// The most invitations of a group that are open at once. 100.
    pub max_invitations: i64,
    /// How many tasks store messages; each has one statement under way. 2: fewer of them gather more for each
    /// statement. On SQLite always 1, since it writes one transaction at a time.
    pub writers: usize,
    /// How many messages, and how many read markers, may wait for one of those tasks; past it they are
    /// refused as [`Busy`](crate::ChatError::Busy). 2,048.
    pub writer_queue: usize,
    /// The most messages, or read markers, of one statement. 128.
    pub writer_batch: usize,
    /// How many tasks ask the store who is in a group, for each Tokio runtime that questions come from; each has one
    /// statement under way. 2: what more is asked at once, they ask together.
    pub readers: usize,
    /// How many questions may wait for one of those tasks; past it they are refused as
    /// [`Busy`](crate::ChatError::Busy). 2,048.
    pub reader_queue: usize,
    /// The most questions of one statement. 128.
    pub reader_batch: usize,
    /// Statements are about one group only: for a database whose groups lie on several nodes. Off.
    pub one_group_batches: bool,
    /// The longest that a caller waits for a message or a marker to be stored, or a question to be answered; then it is
    /// [`TimedOut`](crate::ChatError::TimedOut), which means "unknown". 10 s.
    pub send_timeout: Duration,
    /// How many statements' messages may wait to be announced; past it they are left to the sweep. 1,024.
    pub announce_queue: usize,
    /// How much memory the newest messages of groups that are read may take, in bytes: their pages are answered
    /// without reading them again. 32 MiB; 0 keeps none.
    pub recent_bytes: usize,
    /// This engine looks for what was not announced, and takes all of it for its own. On; off where other
    /// processes over the same store do, or [`ChatEngine::sweep`](crate::ChatEngine::sweep) is called.
    pub sweep: bool,
    /// How often what was not announced is looked for. 1 s.
    pub sweep_interval: Duration,
    /// How old a message is when the sweep announces it again. 1 s.
    pub republish_after: Duration,
    /// How long it is remembered what was announced. 5 min.
    pub keep_published: Duration,
    /// How long it is remembered at most, where the rings have not come to it. 1 day.
    pub keep_unhandled: Duration,
    /// The rings link each message to its author, see [`UserResources`](crate::UserResources). On.
    pub link_messages: bool,
    /// How many rows of a deleted group go in one transaction. 1,000.
    pub delete_chunk: u16,
    /// An export or an erasure goes by the links of a user's messages alone, and does not look through the logs
    /// of their groups: for where every message is linked, and has always been. Off.
    pub trust_links: bool,
    /// How many links or messages of a user are exported at once, or erased in one transaction. 100.
    pub personal_page: u16,
    /// How many positions of a group's log one statement looks through for a user's messages. 5,000.
    pub personal_window: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_members: 50_000,
            max_groups_per_user: 1_000,
            invitation_life: Duration::from_secs(7 * 24 * 60 * 60),
            max_invitation_life: Duration::from_secs(30 * 24 * 60 * 60),
            invitation_uses: 10,
            max_invitation_uses: 1_000,
            max_invitations: 100,
            writers: 2,
            writer_queue: 2_048,
            writer_batch: 128,
            readers: 2,
            reader_queue: 2_048,
            reader_batch: 128,
            one_group_batches: false,
            send_timeout: Duration::from_secs(10),
            announce_queue: 1_024,
            recent_bytes: 32 * 1024 * 1024,
            sweep: true,
            sweep_interval: Duration::from_secs(1),
            republish_after: Duration::from_secs(1),
            keep_published: Duration::from_secs(5 * 60),
            keep_unhandled: Duration::from_secs(24 * 60 * 60),
            link_messages: true,
            delete_chunk: 1_000,
            trust_links: false,
            personal_page: 100,
            personal_window: 5_000,
        }
    }
}

impl Settings {
    /// How what is to be stored is gathered.
    pub(crate) fn writing(&self) -> Lanes {
        Lanes {
            count: self.writers.max(1),
            queue: self.writer_queue,
            batch: self.writer_batch,
            one_group: self.one_group_batches,
            timeout: self.send_timeout,
        }
    }

    /// How questions are gathered.
    pub(crate) fn reading(&self) -> Lanes {
        Lanes {
            count: self.readers.max(1),
            queue: self.reader_queue,
            batch: self.reader_batch,
            one_group: self.one_group_batches,
            timeout: self.send_timeout,
        }
    }

    pub(crate) fn personal_page(&self) -> u16 {
        self.personal_page.max(1)
    }

    pub(crate) fn personal_window(&self) -> i64 {
        i64::from(self.personal_window.max(1))
    }

    /// SQLite has one transaction at a time.
    pub(crate) fn fitted_to(mut self, location: &Location) -> Self {
        if let Location::Sqlite { .. } = location {
            self.writers = 1;
        }
        self
    }
}
