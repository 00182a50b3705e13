//! Real time.

use std::{net::SocketAddr, time::Duration};

use clap::Args;

use super::{Addresses, ProcessSettings, WebSettings, at_least_one, size};

/// Real time.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Real time")]
pub struct SocketSettings {
    /// Real time's address.
    #[arg(long, env = "REALTIME_LISTEN", value_name = "ADDRESS", default_value_t = Addresses::default().realtime)]
    pub realtime_listen: SocketAddr,

    /// The most connections of this process, whoever they are of.
    #[arg(long, env = "MAX_CONNECTIONS", value_name = "N", default_value_t = 100_000, value_parser = at_least_one())]
    pub max_connections: u64,

    /// The most sockets of a user.
    #[arg(long, env = "MAX_SOCKETS_PER_USER", value_name = "N", default_value_t = 20, value_parser = at_least_one())]
    pub max_sockets_per_user: u64,

    /// The most groups that a socket may have open, to be shown who of them is online and typing.
    #[arg(long, env = "OPEN_GROUPS", value_name = "N", default_value_t = 16, value_parser = at_least_one())]
    pub open_groups: u64,

    /// The most members of a group who are named while they are online; past it only their number is told.
    #[arg(long, env = "ONLINE_NAMED", value_name = "N", default_value_t = 100, value_parser = at_least_one())]
    pub online_named: u64,

    /// The most sockets that are shown in a second who came or went, and as many who is typing.
    #[arg(long, env = "PRESENCE_PER_SECOND", value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub presence_per_second: u32,

    /// Over how long the sockets are sent away when the process is told to stop, so that they do not come back all
    /// at once; at most half of DRAIN_LIMIT.
    #[arg(long, env = "DRAIN_SPREAD", value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    pub drain_spread: Duration,

    /// The most events a socket may send in a second.
    #[arg(long, env = "EVENTS_PER_SECOND", value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub events_per_second: u32,
}

impl SocketSettings {
    /// The realtime engine's; call it once the addresses are known.
    #[must_use]
    pub fn realtime(
        &self,
        web: &WebSettings,
        process: &ProcessSettings,
        addresses: Addresses,
    ) -> realtime_engine::Settings {
        realtime_engine::Settings {
            allowed_origins: web.origins(addresses),
            max_connections: size(self.max_connections),
            max_sockets_per_user: size(self.max_sockets_per_user),
            open_groups: size(self.open_groups),
            online_named: size(self.online_named),
            online_per_second: self.presence_per_second,
            typing_per_second: self.presence_per_second,
            events_per_second: self.events_per_second,
            payload_limit: web.payload_limit(),
            drain_spread: self.drain_spread,
            drain: process.drain_limit,
            ..realtime_engine::Settings::default()
        }
    }
}
