//! Every setting, its default and its limit, in one type. Each is an environment variable, and an option
//! of the same name on the command line, which wins.

use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use clap::Args;
use ipnet::IpNet;
use secrecy::SecretString;

/// The settings of a Parlour process.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct Config {
    /// Where the stores are: `sqlite:FOLDER` (a file per engine) or `postgres://…` (a schema per engine).
    #[arg(
        long,
        env = "DATABASE_URL",
        value_name = "URL",
        default_value = "sqlite:./data",
        hide_env_values = true
    )]
    pub(crate) database_url: String,

    /// The auth engine's store, where it is another.
    #[arg(long, env = "AUTH_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) auth_database_url: Option<String>,

    /// The chat engine's store, where it is another.
    #[arg(long, env = "CHAT_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) chat_database_url: Option<String>,

    /// The user resources' store, where it is another.
    #[arg(
        long,
        env = "USER_RESOURCES_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(crate) user_resources_database_url: Option<String>,

    /// The store of the jobs that no engine causes, where it is another.
    #[arg(long, env = "JOBS_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) jobs_database_url: Option<String>,

    /// The most connections of an engine to its store.
    #[arg(long, env = "DATABASE_POOL", value_name = "N", default_value_t = 8, value_parser = at_least_one())]
    pub(crate) database_pool: u64,

    /// Where generated secrets are kept.
    #[arg(long, env = "DATA_DIR", value_name = "FOLDER", default_value = "./data")]
    pub(crate) data_dir: PathBuf,

    /// What tokens are signed with: at least 32 bytes. Made in DATA_DIR at the first start where it is not given.
    #[arg(long, env = "TOKEN_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub(crate) token_secret: Option<SecretText>,

    /// Earlier token secrets, separated by commas: what they signed is still accepted.
    #[arg(
        long,
        env = "TOKEN_SECRETS_OLD",
        value_name = "SECRETS",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub(crate) token_secrets_old: Vec<SecretText>,

    /// What passwords are keyed with: at least 32 bytes. Made in DATA_DIR at the first start where it is
    /// not given. Without it no password can be checked: keep a copy.
    #[arg(long, env = "PASSWORD_KEY", value_name = "SECRET", hide_env_values = true)]
    pub(crate) password_key: Option<SecretText>,

    /// Earlier password keys, separated by commas: a sign-in moves its user to the new one.
    #[arg(
        long,
        env = "PASSWORD_KEYS_OLD",
        value_name = "SECRETS",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub(crate) password_keys_old: Vec<SecretText>,

    /// The HTTP API's address.
    #[arg(
        long,
        env = "API_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8080"
    )]
    pub(crate) api_listen: SocketAddr,

    /// Real time's address.
    #[arg(
        long,
        env = "REALTIME_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8081"
    )]
    pub(crate) realtime_listen: SocketAddr,

    /// The metrics' address, or `off`.
    #[arg(
        long,
        env = "METRICS_LISTEN",
        value_name = "ADDRESS|off",
        default_value = "127.0.0.1:9400"
    )]
    pub(crate) metrics_listen: Switch<SocketAddr>,

    /// Where clients find real time; by default REALTIME_LISTEN.
    #[arg(long, env = "REALTIME_URL", value_name = "URL")]
    pub(crate) realtime_url: Option<String>,

    /// The web origins that may call, separated by commas; by default the addresses above.
    #[arg(long, env = "ALLOWED_ORIGINS", value_name = "ORIGINS", value_delimiter = ',')]
    pub(crate) allowed_origins: Option<Vec<String>>,

    /// The proxies whose X-Forwarded-For is believed, as networks, separated by commas.
    #[arg(long, env = "TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',')]
    pub(crate) trusted_proxies: Vec<IpNet>,

    /// Whether anybody may sign up.
    #[arg(long, env = "SIGN_UP", value_name = "open|closed", default_value = "open")]
    pub(crate) sign_up: SignUp,

    /// How long a token is good.
    #[arg(long, env = "TOKEN_LIFE", value_name = "TIME", default_value = "24h", value_parser = humantime::parse_duration)]
    pub(crate) token_life: Duration,

    /// The cost of a password hash; each step doubles it.
    #[arg(long, env = "BCRYPT_COST", value_name = "COST", default_value_t = 12, value_parser = clap::value_parser!(u32).range(4..=16))]
    pub(crate) bcrypt_cost: u32,

    /// How many password hashes may wait; past it the answer is 503.
    #[arg(long, env = "HASH_QUEUE", value_name = "N", default_value_t = 64, value_parser = at_least_one())]
    pub(crate) hash_queue: u64,

    /// Failed sign-ins of one address from one network in 15 minutes.
    #[arg(long, env = "SIGN_IN_FAILURES_PER_ADDRESS", value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sign_in_failures_per_address: u32,

    /// Failed sign-ins from one network in 15 minutes.
    #[arg(long, env = "SIGN_IN_FAILURES_PER_NETWORK", value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sign_in_failures_per_network: u32,

    /// Sign-ups from one network in an hour.
    #[arg(long, env = "SIGN_UPS_PER_NETWORK", value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sign_ups_per_network: u32,

    /// The most members of a group.
    #[arg(long, env = "MAX_MEMBERS", value_name = "N", default_value_t = 50_000, value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) max_members: i64,

    /// The most groups of a user.
    #[arg(long, env = "MAX_GROUPS_PER_USER", value_name = "N", default_value_t = 1_000, value_parser = at_least_one())]
    pub(crate) max_groups_per_user: u64,

    /// How many messages may wait for each writer; past it the answer is 503.
    #[arg(long, env = "WRITER_QUEUE", value_name = "N", default_value_t = 1_024, value_parser = at_least_one())]
    pub(crate) writer_queue: u64,

    /// The most sockets of a user.
    #[arg(long, env = "MAX_SOCKETS_PER_USER", value_name = "N", default_value_t = 20, value_parser = at_least_one())]
    pub(crate) max_sockets_per_user: u64,

    /// The most events a socket may send in a second.
    #[arg(long, env = "EVENTS_PER_SECOND", value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) events_per_second: u32,

    /// The largest HTTP body and socket payload, in bytes.
    #[arg(long, env = "PAYLOAD_LIMIT", value_name = "BYTES", default_value_t = 262_144, value_parser = at_least_one())]
    pub(crate) payload_limit: u64,

    /// The longest an answer may take.
    #[arg(long, env = "REQUEST_TIMEOUT", value_name = "TIME", default_value = "15s", value_parser = humantime::parse_duration)]
    pub(crate) request_timeout: Duration,

    /// The longest that work in hand may take when the process is told to stop.
    #[arg(long, env = "DRAIN_LIMIT", value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    pub(crate) drain_limit: Duration,

    /// How logs are written.
    #[arg(
        long,
        env = "LOG_FORMAT",
        value_name = "pretty|json",
        default_value = "pretty"
    )]
    pub(crate) log_format: LogFormat,
}

fn at_least_one() -> clap::builder::RangedU64ValueParser<u64> {
    clap::value_parser!(u64).range(1..)
}

/// A secret setting: `Debug` hides it.
#[derive(Clone)]
pub(crate) struct SecretText(SecretString);

impl SecretText {
    pub(crate) fn secret(&self) -> SecretString {
        self.0.clone()
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(..)")
    }
}

impl FromStr for SecretText {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.into()))
    }
}

/// A setting that can be turned off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Switch<T> {
    /// `off`.
    Off,
    /// Its value.
    On(T),
}

impl<T: FromStr> FromStr for Switch<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            Ok(Self::Off)
        } else {
            text.parse().map(Self::On)
        }
    }
}

/// Whether anybody may sign up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SignUp {
    /// Anybody.
    Open,
    /// Nobody: accounts come from `parlour users create`.
    Closed,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Pretty,
    /// A JSON object a line.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        config: Config,
    }

    #[test]
    fn a_bad_setting_is_named_with_its_fault() {
        let error = Line::try_parse_from(["parlour", "--max-members", "many"])
            .err()
            .unwrap()
            .to_string();
        assert!(
            error.contains("--max-members") && error.contains("many"),
            "{error}"
        );
        let error = Line::try_parse_from(["parlour", "--sign-up", "maybe"])
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains("open, closed"), "{error}");
    }

    #[test]
    fn metrics_can_be_off() {
        let line = Line::try_parse_from(["parlour", "--metrics-listen", "off"]).unwrap();
        assert_eq!(line.config.metrics_listen, Switch::Off);
    }

    #[test]
    fn no_secret_is_shown() {
        let line = Line::try_parse_from(["parlour", "--token-secret", "hunter2"]).unwrap();
        assert!(!format!("{:?}", line.config).contains("hunter2"));
    }
}
