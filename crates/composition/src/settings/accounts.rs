//! Who may have an account, and what signing in costs.

use std::time::Duration;

use clap::Args;

use super::{Reach, at_least_one, size};

/// Who may have an account, and what signing in costs.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Accounts")]
pub struct AccountSettings {
    /// Whether anybody may sign up.
    #[arg(long, env = "SIGN_UP", value_name = "open|closed", default_value = "open")]
    pub sign_up: SignUp,

    /// Whether there are throw-away accounts; by default only while everything listens on loopback, and REALTIME_URL,
    /// where it is given, leads there too.
    #[arg(long, env = "GUESTS", value_name = "loopback|on|off", default_value = "loopback")]
    pub guests: Guests,

    /// How long a guest's token is good, at most TOKEN_LIFE; then the account is erased.
    #[arg(long, env = "GUEST_LIFE", value_name = "TIME", default_value = "24h", value_parser = humantime::parse_duration)]
    pub guest_life: Duration,

    /// Guests from one network in an hour.
    #[arg(long, env = "GUESTS_PER_NETWORK", value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub guests_per_network: u32,

    /// How long a token is good.
    #[arg(long, env = "TOKEN_LIFE", value_name = "TIME", default_value = "24h", value_parser = humantime::parse_duration)]
    pub token_life: Duration,

    /// The cost of a password hash; each step doubles it.
    #[arg(long, env = "BCRYPT_COST", value_name = "COST", default_value_t = 12, value_parser = clap::value_parser!(u32).range(4..=16))]
    pub bcrypt_cost: u32,

    /// How many password hashes may wait; past it the answer is 503.
    #[arg(long, env = "HASH_QUEUE", value_name = "N", default_value_t = 64, value_parser = at_least_one())]
    pub hash_queue: u64,

    /// Failed sign-ins of one address from one network in 15 minutes.
    #[arg(long, env = "SIGN_IN_FAILURES_PER_ADDRESS", value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub sign_in_failures_per_address: u32,

    /// Failed sign-ins from one network in 15 minutes.
    #[arg(long, env = "SIGN_IN_FAILURES_PER_NETWORK", value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub sign_in_failures_per_network: u32,

    /// Sign-ups from one network in an hour.
    #[arg(long, env = "SIGN_UPS_PER_NETWORK", value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub sign_ups_per_network: u32,

    /// The most exports that a user may have; each expires after a day.
    #[arg(long, env = "EXPORTS_PER_USER", value_name = "N", default_value_t = 3, value_parser = at_least_one())]
    pub exports_per_user: u64,
}

/// Whether anybody may sign up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SignUp {
    /// Anybody.
    Open,
    /// Nobody: accounts come from `parlour users create`.
    Closed,
}

/// Whether there are throw-away accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Guests {
    /// Where nobody comes but from this machine.
    Loopback,
    /// Yes.
    On,
    /// No.
    Off,
}

impl AccountSettings {
    /// Whether there are guests in a process that is reached so.
    #[must_use]
    pub fn has_guests(&self, reach: Reach) -> bool {
        match self.guests {
            Guests::Loopback => reach == Reach::Loopback,
            Guests::On => true,
            Guests::Off => false,
        }
    }

    /// The auth engine's, in a process that is reached so.
    #[must_use]
    pub fn auth(&self, reach: Reach) -> auth_engine::Settings {
        auth_engine::Settings {
            token_life: self.token_life,
            exports_per_user: size(self.exports_per_user),
            sign_up: match self.sign_up {
                SignUp::Open => auth_engine::SignUp::Open,
                SignUp::Closed => auth_engine::SignUp::Closed,
            },
            guests: self.has_guests(reach),
            guest_life: self.guest_life,
            guests_per_network: self.guests_per_network,
            bcrypt_cost: self.bcrypt_cost,
            hash_queue: size(self.hash_queue),
            failures_per_address: self.sign_in_failures_per_address,
            failures_per_network: self.sign_in_failures_per_network,
            sign_ups_per_network: self.sign_ups_per_network,
            ..auth_engine::Settings::default()
        }
    }
}
