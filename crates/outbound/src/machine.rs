//! Which servers are on this machine.

use std::net::IpAddr;

/// Is this host, as a URL names it, the machine itself? As far as the name says: nothing is looked up.
///
/// # Example
/// ```
/// assert!(outbound::is_this_machine("localhost") && outbound::is_this_machine("[::1]"));
/// assert!(!outbound::is_this_machine("localhost.example.com") && !outbound::is_this_machine("10.1.2.3"));
/// ```
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    let address: Option<IpAddr> = host.parse().ok();
    address.map_or(host == "localhost", |address| address.is_loopback())
}
