//! The limits and times of real time, each with its name.

use std::time::Duration;

/// Every limit of real time. The defaults are the contract's.
///
/// # Example
/// ```
/// use realtime_engine::Settings;
///
/// let settings = Settings { allowed_origins: vec!["https://chat.example.com".into()], ..Settings::default() };
/// assert!(settings.max_sockets_per_user > 0);
/// ```
#[derive(Debug, Clone)]
pub struct Settings {
    /// The pages that may connect: `scheme://host[:port]`, in lower case. A request without `Origin` is
    /// always allowed.
    pub allowed_origins: Vec<String>,
    /// Open sockets of one user on this server.
    pub max_sockets_per_user: usize,
    /// Events that one socket may send in a second, on average; as many may come at once.
    pub events_per_second: u32,
    /// Events of one socket that wait for their turn; more are answered with an error.
    pub inbox: usize,
    /// Bytes of a request's head.
    pub head_limit: usize,
    /// Bytes of one payload from a client, on either transport.
    pub payload_limit: usize,
    /// How deep a client's arrays and objects may nest.
    pub json_depth: usize,
    /// Groups that a client may name in `have`.
    pub have_limit: usize,
    /// Messages that a reconnecting client is sent of one group; who missed more is told to `resync`.
    pub catch_up_per_group: i64,
    /// Messages that a reconnecting client is sent in all.
    pub catch_up_per_connection: i64,
    /// Bytes of messages in one answer to `catch_up`; the rest is for the next one.
    pub catch_up_answer_bytes: usize,
    /// How long a missing message may be late before it is read from the log.
    pub gap_wait: Duration,
    /// Messages of one group that are held while one before them is missing.
    pub gap_buffer: usize,
    /// Groups whose missing messages are read at the same time.
    pub concurrent_repairs: usize,
    /// How often the heads of the followed groups are compared with the store.
    pub compare_heads_every: Duration,
    /// How often the tokens and memberships of the open sockets are compared with the store.
    pub compare_sessions_every: Duration,
    /// How often it is told who is here.
    pub tell_presence_every: Duration,
    /// How soon it is told who came or went.
    pub tell_moves_every: Duration,
    /// Groups that one socket may have open.
    pub open_groups: usize,
    /// Members of a group who are named while they are online; past it only their number is told. To more than so many
    /// who have it open it is not told either who is typing.
    pub online_named: usize,
    /// How often one user is shown to be typing.
    pub typing_every: Duration,
    /// Sockets that are told in a second that somebody is typing; what is too much is left out.
    pub typing_per_second: u32,
    /// How soon those who have a group open are shown who of it came or went.
    pub show_online_every: Duration,
    /// Sockets that are shown it in a second; what is too much comes later.
    pub online_per_second: u32,
    /// How often the other servers are told who of a group is online here, while anybody has it open.
    pub tell_online_every: Duration,
    /// How long what another server told is believed.
    pub told_online_for: Duration,
    /// Groups, tokens or users in one question to another engine.
    pub compare_batch: usize,
    /// How long another engine has its peace after each question of clients that come in: those who come meanwhile share
    /// the next one.
    pub question_pause: Duration,
    /// Bytes that wait for a client that is behind; one more and it is closed.
    pub queue_bytes: usize,
    /// Connections in all, let in or not; more are refused.
    pub max_connections: usize,
    /// How long a request's head, or its body, may take to come, and how long a connection may be idle between two.
    pub request_timeout: Duration,
    /// How long a client's machine may take nothing before its connection is cut.
    pub write_timeout: Duration,
    /// How long a client has to read why it is closed, before the connection is.
    pub close_grace: Duration,
    /// How long a connection may stay without saying who it is.
    pub connect_timeout: Duration,
    /// How often a client is asked whether it is there.
    pub ping_interval: Duration,
    /// How long it may take to answer.
    pub ping_timeout: Duration,
    /// A group of more sockets is big: every thread serves so many of them at a time, before others have their turn.
    pub fan_out_chunk: usize,
    /// For how long clients that catch up on the same messages share what was read for one of them.
    pub catch_up_shared_for: Duration,
    /// How many pages of logs they share at most.
    pub catch_up_shared_pages: usize,
    /// How long `/readyz` is red before anybody is sent away, so that balancers look elsewhere.
    pub drain_notice: Duration,
    /// Over how long the clients are sent away when the server shuts down, so that they do not come back all at
    /// once. No longer than half of `drain`.
    pub drain_spread: Duration,
    /// How long the server waits for its clients when it shuts down, once they are being sent away.
    pub drain: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allowed_origins: ["127.0.0.1", "localhost", "[::1]"]
                .iter()
                .flat_map(|host| [8080, 8081].map(|port| format!("http://{host}:{port}")))
                .collect(),
            max_sockets_per_user: 20,
            events_per_second: 50,
            inbox: 64,
            head_limit: 16 * 1024,
            payload_limit: 256 * 1024,
            json_depth: 32,
            have_limit: 2_000,
            catch_up_per_group: 1_000,
            catch_up_per_connection: 10_000,
            catch_up_answer_bytes: 256 * 1024,
            gap_wait: Duration::from_millis(20),
            gap_buffer: 256,
            concurrent_repairs: 8,
            compare_heads_every: Duration::from_secs(10),
            compare_sessions_every: Duration::from_secs(30),
            tell_presence_every: Duration::from_secs(30),
            tell_moves_every: Duration::from_secs(1),
            open_groups: 16,
            online_named: 100,
            typing_every: Duration::from_secs(3),
            typing_per_second: 1_000,
            show_online_every: Duration::from_secs(1),
            online_per_second: 1_000,
            tell_online_every: Duration::from_secs(10),
            told_online_for: Duration::from_secs(25),
            compare_batch: 1_000,
            question_pause: Duration::from_millis(2),
            queue_bytes: 1024 * 1024,
            max_connections: 100_000,
            request_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(20),
            close_grace: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            fan_out_chunk: 64,
            catch_up_shared_for: Duration::from_secs(2),
            catch_up_shared_pages: 256,
            drain_notice: Duration::from_secs(1),
            drain_spread: Duration::from_secs(5),
            drain: Duration::from_secs(10),
        }
    }
}
