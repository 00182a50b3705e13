//! Every limit and address of the HTTP API.

use std::{num::NonZero, thread, time::Duration};

use ipnet::IpNet;

/// Every limit and address of the HTTP API, with the contract's defaults.
///
/// # Example
/// ```
/// use std::time::Duration;
///
/// use api_engine::Settings;
///
/// let proxied = Settings {
///     trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
///     request_timeout: Duration::from_secs(5),
///     ..Settings::default()
/// };
/// ```
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where clients find the Socket.IO server; `/config.json` tells them.
    pub realtime_url: String,
    /// Can anybody sign up? Told by `/config.json`; authentication is what enforces it.
    pub sign_up_open: bool,
    /// Are there throw-away accounts? Told by `/config.json`; authentication is what enforces it.
    pub guests: bool,
    /// Origins whose scripts may read answers, as browsers write them: `https://chat.example.com`.
    pub allowed_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The longest request body, in bytes.
    pub body_limit: usize,
    /// How deep arrays and objects may nest in a body.
    pub json_depth: usize,
    /// How long an answer may take; past it the answer is 504, and a write that has begun goes on.
    pub request_timeout: Duration,
    /// How long a client may take to send the head of a request.
    pub head_timeout: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How many connections are open at once, over all workers.
    pub max_connections: usize,
    /// How many threads answer.
    pub workers: usize,
    /// How long `/readyz` is red before the server stops accepting, so that balancers look elsewhere.
    pub drain_notice: Duration,
    /// How long the last answers may take once the server has stopped accepting. Whole seconds.
    pub drain_limit: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            realtime_url: "http://127.0.0.1:8081".into(),
            sign_up_open: true,
            guests: false,
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            body_limit: 256 * 1024,
            json_depth: 32,
            request_timeout: Duration::from_secs(15),
            head_timeout: Duration::from_secs(5),
            keep_alive: Duration::from_secs(75),
            max_connections: 10_000,
            workers: thread::available_parallelism().map_or(1, NonZero::get),
            drain_notice: Duration::from_secs(1),
            drain_limit: Duration::from_secs(10),
        }
    }
}
