//! Every limit of the reporter.

use std::time::Duration;

use engine_interfaces::Secret;

/// Where Rollbar is, who we are there, and every limit.
///
/// # Example
/// ```
/// use engine_interfaces::Secret;
/// use error_reports::RollbarSettings;
///
/// let token = Secret::new("a token of the project");
/// let settings = RollbarSettings { queue: 64, ..RollbarSettings::new(token, "staging".into(), "worker".into()) };
/// assert_eq!(settings.url, RollbarSettings::URL);
/// ```
#[derive(Debug, Clone)]
pub struct RollbarSettings {
    /// Where items are posted.
    pub url: String,
    /// The project's token, of the scope `post_server_item`.
    pub token: Secret,
    /// Which installation this is: `production`.
    pub environment: String,
    /// Which process this is: `api`.
    pub process: String,
    /// How many reports wait at once; what comes on top is dropped.
    pub queue: usize,
    /// How many reports are gathered at once.
    pub batch: usize,
    /// How long they are gathered.
    pub gather: Duration,
    /// How long a call may take.
    pub timeout: Duration,
    /// How often an item is tried.
    pub attempts: u32,
    /// How long to wait before it is tried again, and after Rollbar wants no more.
    pub pause: Duration,
    /// The most characters of a text.
    pub text: usize,
    /// The most calls of a backtrace.
    pub frames: usize,
}

impl RollbarSettings {
    /// The service itself, and the default limits.
    #[must_use]
    pub fn new(token: Secret, environment: String, process: String) -> Self {
        Self {
            url: Self::URL.to_owned(),
            token,
            environment,
            process,
            queue: 256,
            batch: 64,
            gather: Duration::from_secs(1),
            timeout: Duration::from_secs(10),
            attempts: 3,
            pause: Duration::from_secs(5),
            text: 1_000,
            frames: 64,
        }
    }

    /// Rollbar's own address.
    pub const URL: &str = "https://api.rollbar.com/api/1/item/";
}
