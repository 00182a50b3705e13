//! What browsers may do, over HTTP and over sockets.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Args;

use super::{at_least_one, size};

/// What browsers may do, over HTTP and over sockets.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Web")]
pub struct WebSettings {
    /// The web origins that may call, separated by commas; by default the API's and real time's own addresses.
    #[arg(long, env = "ALLOWED_ORIGINS", value_name = "ORIGINS", value_delimiter = ',')]
    pub allowed_origins: Option<Vec<String>>,

    /// The largest HTTP body and socket payload, in bytes.
    #[arg(long, env = "PAYLOAD_LIMIT", value_name = "BYTES", default_value_t = 262_144, value_parser = at_least_one())]
    pub payload_limit: u64,
}

/// Where the API and real time are. A process that runs only one of them takes the other's default.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// The API's.
    pub api: SocketAddr,
    /// Real time's.
    pub realtime: SocketAddr,
}

impl Default for Addresses {
    fn default() -> Self {
        let local = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        Self { api: local(8080), realtime: local(8081) }
    }
}

impl WebSettings {
    pub(super) fn origins(&self, addresses: Addresses) -> Vec<String> {
        self.allowed_origins.clone().unwrap_or_else(|| {
            let names = ["127.0.0.1", "localhost", "[::1]"];
            let ports = [addresses.api.port(), addresses.realtime.port()];
            let origins = names.iter().flat_map(|name| ports.map(|port| format!("http://{name}:{port}")));
            origins.collect()
        })
    }

    pub(super) fn payload_limit(&self) -> usize {
        size(self.payload_limit)
    }
}
