//! Where a request comes from.

use std::{
    future::{Ready, ready},
    net::{IpAddr, Ipv4Addr},
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use ipnet::IpNet;

use crate::{Settings, errors::ErrorHandler};

/// The client's address: the peer's, unless the peer is a trusted proxy; then the last hop of
/// `X-Forwarded-For` that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl ClientAddress {
    fn of(request: &HttpRequest) -> Self {
        let peer =
            request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
        let trusted =
            request.app_data::<Data<Settings>>().map_or(&[][..], |settings| &settings.trusted_proxies);
        let headers = request.headers().get_all("x-forwarded-for");
        let hops: Vec<&str> =
            headers.filter_map(|header| header.to_str().ok()).flat_map(|header| header.split(',')).collect();
        Self(nearest_stranger(peer, &hops, trusted))
    }
}

/// Walks from the peer towards the client for as long as each hop is trusted to name the one before it.
fn nearest_stranger(peer: IpAddr, hops: &[&str], trusted: &[IpNet]) -> IpAddr {
    let mut address = peer;
    for hop in hops.iter().rev() {
        if !trusted.iter().any(|net| net.contains(&address)) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(before) => address = before.to_canonical(),
            Err(_) => break,
        }
    }
    address
}

impl FromRequest for ClientAddress {
    type Error = ErrorHandler;
    type Future = Ready<Result<Self, ErrorHandler>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str, hops: &[&str]) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        nearest_stranger(peer.parse().unwrap(), hops, &trusted).to_string()
    }

    #[test]
    fn a_stranger_can_forward_for_nobody() {
        assert_eq!(address("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
    }

    #[test]
    fn a_trusted_proxy_names_the_client() {
        assert_eq!(address("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(address("10.0.0.1", &["203.0.113.9", " 198.51.100.7", "10.2.2.2 "]), "198.51.100.7");
        assert_eq!(address("fd00::1", &["2001:db8::5"]), "2001:db8::5");
    }

    #[test]
    fn what_is_no_address_ends_the_walk() {
        assert_eq!(address("10.0.0.1", &["198.51.100.7", "unknown"]), "10.0.0.1");
        assert_eq!(address("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn an_ipv4_address_in_ipv6_clothes_is_the_same_address() {
        assert_eq!(address("10.0.0.1", &["::ffff:198.51.100.7"]), "198.51.100.7");
    }
}
