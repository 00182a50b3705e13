//! The HTTP API.

use std::{net::SocketAddr, time::Duration};

use clap::Args;
use ipnet::IpNet;

use super::{AccountSettings, Addresses, ProcessSettings, Reach, SignUp, WebSettings};

/// The HTTP API.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "HTTP API")]
pub struct HttpSettings {
    /// The HTTP API's address.
    #[arg(long, env = "API_LISTEN", value_name = "ADDRESS", default_value_t = Addresses::default().api)]
    pub api_listen: SocketAddr,

    /// Where clients find real time; by default REALTIME_LISTEN.
    #[arg(long, env = "REALTIME_URL", value_name = "URL")]
    pub realtime_url: Option<String>,

    /// The proxies whose X-Forwarded-For is believed, as networks, separated by commas.
    #[arg(long, env = "TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpNet>,

    /// The longest an answer may take.
    #[arg(long, env = "REQUEST_TIMEOUT", value_name = "TIME", default_value = "15s", value_parser = humantime::parse_duration)]
    pub request_timeout: Duration,
}

impl HttpSettings {
    /// From where a process is reached that has the API, and listens at `others` too.
    #[must_use]
    pub fn reach(&self, others: &[SocketAddr], process: &ProcessSettings) -> Reach {
        Reach::of(&[&[self.api_listen], others].concat(), process, self.realtime_url.as_deref())
    }

    /// The API engine's; call it once the addresses are known.
    #[must_use]
    pub fn api(
        &self,
        accounts: &AccountSettings,
        web: &WebSettings,
        process: &ProcessSettings,
        reach: Reach,
        addresses: Addresses,
    ) -> api_engine::Settings {
        let realtime_url = self.realtime_url.clone();
        api_engine::Settings {
            realtime_url: realtime_url.unwrap_or_else(|| format!("http://{}", addresses.realtime)),
            sign_up_open: accounts.sign_up == SignUp::Open,
            guests: accounts.has_guests(reach),
            allowed_origins: web.origins(addresses),
            trusted_proxies: self.trusted_proxies.clone(),
            body_limit: web.payload_limit(),
            request_timeout: self.request_timeout,
            drain_limit: process.drain_limit,
            ..api_engine::Settings::default()
        }
    }
}
