//! Every setting and limit of the engine.

use std::{num::NonZeroUsize, thread, time::Duration};

/// Every setting and limit of the engine.
///
/// # Example
/// ```
/// use std::time::Duration;
///
/// use auth_engine::{Settings, SignUp};
///
/// let closed = Settings { sign_up: SignUp::Closed, token_life: Duration::from_secs(3_600), ..Settings::default() };
/// assert_eq!(closed.bcrypt_cost, 12);
/// ```
#[derive(Debug, Clone)]
pub struct Settings {
    /// The `iss` of tokens. `parlour` by default.
    pub issuer: String,
    /// The `aud` of tokens. `parlour` by default.
    pub audience: String,
    /// How long a token is good. 24 hours by default.
    pub token_life: Duration,
    /// How far the clocks of processes may differ when a token's times are checked. 30 s by default.
    pub leeway: Duration,
    /// Whether everybody may sign up. Open by default.
    pub sign_up: SignUp,
    /// Whether there are throw-away accounts. No by default.
    pub guests: bool,
    /// How long a guest's token is good, at most `token_life`; then the account ends. 24 hours by default.
    pub guest_life: Duration,
    /// bcrypt's cost, the logarithm of its rounds: 4 to 31. 12 by default, 0.24 s of a core.
    pub bcrypt_cost: u32,
    /// How many passwords are hashed at a time. As many as there are cores by default.
    pub hash_threads: NonZeroUsize,
    /// How many more may wait for it; past it [`AuthError::Busy`](crate::AuthError::Busy). 64 by default.
    pub hash_queue: usize,
    /// Failed sign-ins of one address from one network within `failure_window`. 10 by default.
    pub failures_per_address: u32,
    /// Failed sign-ins from one network within `failure_window`, of whatever address. 100 by default.
    pub failures_per_network: u32,
    /// How long a failed sign-in counts. 15 minutes by default.
    pub failure_window: Duration,
    /// Sign-ups from one network within `sign_up_window`. 100 by default.
    pub sign_ups_per_network: u32,
    /// Guests from one network within `sign_up_window`. 100 by default.
    pub guests_per_network: u32,
    /// How long a sign-up counts, a guest's too. 1 hour by default.
    pub sign_up_window: Duration,
    /// How many passwords that were right a moment ago are remembered, as keyed hashes. 10,000 by default.
    pub verified_passwords: usize,
    /// How long each is remembered. 30 s by default.
    pub verified_for: Duration,
    /// How often the store is asked what was revoked elsewhere. Twice a second by default, so that a sign-out
    /// counts there within a second even when no hint of it comes.
    pub revocation_poll: Duration,
    /// How far back it is asked each time: the clocks of processes differ, and a commit takes its time.
    /// 1 minute by default.
    pub revocation_overlap: Duration,
    /// How many exports a user may have, until each expires. 3 by default.
    pub exports_per_user: usize,
    /// How long an archive can be had; also, how long it may take to make. 24 hours by default.
    pub export_life: Duration,
    /// The longest part of an archive in the store, in bytes. 256 kB by default.
    pub export_part_bytes: usize,
    /// How often an export is tried before it has failed. 5 by default.
    pub export_attempts: u32,
    /// How many parts of an expired archive are removed in one transaction. 100 by default.
    pub export_prune_chunk: i64,
    /// How long an export or an erasure is put off at a time, while what the user did is still on its way. 1 s by
    /// default.
    pub settle_poll: Duration,
    /// When a user who was erased is erased once more: later than anything that they had asked for before can
    /// take effect. 1 minute by default.
    pub erase_again_after: Duration,
}

/// Who may sign up.
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// # use auth_engine::{Store, SystemClock};
/// # use broker::LocalBroker;
/// use auth_engine::{AuthEngine, AuthError, Authentication, Registration, Secret, Settings, SignUp, factories};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let store = Store::sqlite(folder.path().join("auth.db"))?;
/// # store.migrate().await?;
/// # let (broker, clock) = (Arc::new(LocalBroker::default()), Arc::new(SystemClock));
/// # let from = "192.0.2.1".parse()?;
/// let closed = Settings { sign_up: SignUp::Closed, ..factories::settings() };
/// let auth = AuthEngine::new(store, broker, clock, factories::keys(), closed).await?;
/// let (email, password) = (Secret::new("ann@example.com"), Secret::new("a password of hers"));
/// let ann = Registration { name: "Ann".into(), email, password };
/// assert!(matches!(auth.sign_up(ann.clone(), from).await, Err(AuthError::SignUpClosed)));
/// auth.create_user(ann).await?; // by an administrator
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUp {
    /// Everybody.
    Open,
    /// Nobody: accounts are made by an administrator.
    Closed,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            issuer: "parlour".to_owned(),
            audience: "parlour".to_owned(),
            token_life: Duration::from_secs(24 * 60 * 60),
            leeway: Duration::from_secs(30),
            sign_up: SignUp::Open,
            guests: false,
            guest_life: Duration::from_secs(24 * 60 * 60),
            bcrypt_cost: bcrypt::DEFAULT_COST,
            hash_threads: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            hash_queue: 64,
            failures_per_address: 10,
            failures_per_network: 100,
            failure_window: Duration::from_secs(15 * 60),
            sign_ups_per_network: 100,
            guests_per_network: 100,
            sign_up_window: Duration::from_secs(60 * 60),
            verified_passwords: 10_000,
            verified_for: Duration::from_secs(30),
            revocation_poll: Duration::from_millis(500),
            revocation_overlap: Duration::from_secs(60),
            exports_per_user: 3,
            export_life: Duration::from_secs(24 * 60 * 60),
            export_part_bytes: 256 * 1024,
            export_attempts: 5,
            export_prune_chunk: 100,
            settle_poll: Duration::from_secs(1),
            erase_again_after: Duration::from_secs(60),
        }
    }
}
