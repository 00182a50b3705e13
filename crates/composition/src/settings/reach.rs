//! From where a process is reached.

use std::net::{IpAddr, SocketAddr};

use super::{ProcessSettings, Switch};

/// From where a process is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// From this machine alone.
    Loopback,
    /// From wherever a network leads.
    Network,
}

impl Reach {
    /// That of a process which listens at these addresses and tells its clients this URL for real time. A proxy before it
    /// can't be seen, but it has to be told in that URL.
    #[must_use]
    pub fn of(listens: &[SocketAddr], process: &ProcessSettings, realtime_url: Option<&str>) -> Self {
        let metrics = match process.metrics_listen {
            Switch::On(address) => Some(address),
            Switch::Off => None,
        };
        let local = listens.iter().chain(&metrics).all(|address| is_loopback(address.ip()));
        if local && realtime_url.is_none_or(leads_to_loopback) { Self::Loopback } else { Self::Network }
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Whether a URL names this machine; one that can't be read names none.
fn leads_to_loopback(url: &str) -> bool {
    let authority = url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    let host = authority.and_then(|authority| authority.rsplit('@').next()).unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(listens: &[&str], metrics: &str, realtime_url: Option<&str>) -> Reach {
        let process = ProcessSettings::given(&["--metrics-listen", metrics]);
        let listens: Vec<_> = listens.iter().map(|address| address.parse().unwrap()).collect();
        Reach::of(&listens, &process, realtime_url)
    }

    #[test]
    fn one_address_that_others_reach_is_enough() {
        let local = ["127.0.0.1:8080", "[::1]:8081"];
        assert_eq!(reach(&local, "127.0.0.1:9400", None), Reach::Loopback);
        assert_eq!(reach(&["127.3.2.1:8080"], "off", None), Reach::Loopback);
        assert_eq!(reach(&["[::ffff:127.0.0.1]:8080"], "off", None), Reach::Loopback);
        assert_eq!(reach(&["127.0.0.1:8080", "0.0.0.0:8081"], "off", None), Reach::Network);
        assert_eq!(reach(&["192.0.2.1:8080"], "off", None), Reach::Network);
        assert_eq!(reach(&["[::]:8080"], "off", None), Reach::Network);
        assert_eq!(reach(&local, "0.0.0.0:9400", None), Reach::Network);
    }

    #[test]
    fn a_proxy_is_seen_by_where_clients_are_sent() {
        let with_url = |url| reach(&["127.0.0.1:8080"], "off", Some(url));
        for local in [
            "http://127.0.0.1:8090",
            "http://localhost",
            "https://LOCALHOST:8443/live",
            "http://[::1]:8081/",
            "http://user@127.0.0.1?x",
        ] {
            assert_eq!(with_url(local), Reach::Loopback, "{local}");
        }
        for elsewhere in [
            "https://chat.example.com",
            "https://127.0.0.1.example.com",
            "https://127.0.0.1@chat.example.com",
            "https://localhost.example.com:80",
            "http://192.168.0.1:8081",
            "localhost",
            "",
        ] {
            assert_eq!(with_url(elsewhere), Reach::Network, "{elsewhere}");
        }
    }
}
