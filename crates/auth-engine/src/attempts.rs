//! How often somebody may try: counted in the store, so that processes share it.
//!
//! Failures count by address and network together, and by network; never by address alone, or anybody could
//! lock anybody out.

use std::{fmt, net::IpAddr, net::Ipv4Addr, net::Ipv6Addr, sync::Arc};

use database::StoreError;
use engine_interfaces::{AuthError, Clock, Timestamp};

use crate::{
    Settings,
    engine::unavailable,
    store::{Failures, Store},
};

/// A network that counts as one caller: an IPv4 /24 or an IPv6 /48, of which anybody can have all addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Network(IpAddr);

impl Network {
    /// The network of `address`. An IPv4 address in IPv6 clothes is an IPv4 address.
    pub(crate) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() & (u32::MAX << 8)).into(),
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 80)).into(),
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = if self.0.is_ipv4() { 24 } else { 48 };
        write!(f, "{}/{bits}", self.0)
    }
}

/// Somebody tries an address from a network.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// A keyed hash.
    pub(crate) email_hash: Vec<u8>,
    pub(crate) network: Network,
}

/// Counts attempts and refuses those beyond the limits.
#[derive(Clone)]
pub(crate) struct Attempts {
    store: Store,
    clock: Arc<dyn Clock>,
    settings: Settings,
}

impl Attempts {
    pub(crate) fn new(store: Store, clock: Arc<dyn Clock>, settings: Settings) -> Self {
        Self { store, clock, settings }
    }

    /// Refuses an attempt when its address or its network has failed too often.
    pub(crate) async fn check(&self, attempt: &Attempt) -> Result<(), AuthError> {
        let failures = self.failures(attempt.network).await?;
        let same_address: Vec<_> =
            failures.iter().filter(|one| one.email_hash == attempt.email_hash).collect();
        self.limit(same_address, self.settings.failures_per_address)?;
        self.limit(&failures, self.settings.failures_per_network)
    }

    /// Refuses a sign-up when its network has failed to sign in, or has signed up, too often; counts it.
    pub(crate) async fn sign_up(&self, from: IpAddr) -> Result<(), AuthError> {
        let network = Network::of(from);
        self.count_sign_up(network, network.to_string(), self.settings.sign_ups_per_network).await
    }

    /// The same for a guest, of whom there may be another number.
    pub(crate) async fn guest(&self, from: IpAddr) -> Result<(), AuthError> {
        let network = Network::of(from);
        self.count_sign_up(network, format!("guests of {network}"), self.settings.guests_per_network).await
    }

    async fn count_sign_up(&self, network: Network, counted_as: String, most: u32) -> Result<(), AuthError> {
        self.limit(&self.failures(network).await?, self.settings.failures_per_network)?;
        let now = self.clock.now();
        let after = now.minus(self.settings.sign_up_window);
        let counted = self.store.count_sign_up(counted_as, now, after).await;
        let (count, since) = counted.map_err(unavailable)?;
        if is_above(count, most) {
            return Err(self.refused(since.plus(self.settings.sign_up_window)));
        }
        Ok(())
    }

    /// Counts a failure.
    pub(crate) async fn failed(&self, attempt: Attempt) -> Result<(), AuthError> {
        let now = self.clock.now();
        let after = now.minus(self.settings.failure_window);
        self.store
            .count_sign_in_failure(attempt.network.to_string(), attempt.email_hash, now, after)
            .await
            .map_err(unavailable)
    }

    /// Forgets the failures of this address from this network; those of others still count.
    pub(crate) async fn succeeded(&self, attempt: Attempt) -> Result<(), AuthError> {
        self.store
            .clear_sign_in_failures(attempt.network.to_string(), attempt.email_hash)
            .await
            .map_err(unavailable)
    }

    /// Forgets what no longer counts.
    pub(crate) async fn prune(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let failures = now.minus(self.settings.failure_window);
        let sign_ups = now.minus(self.settings.sign_up_window);
        self.store.prune_attempts(failures, sign_ups).await
    }

    async fn failures(&self, network: Network) -> Result<Vec<Failures>, AuthError> {
        let after = self.clock.now().minus(self.settings.failure_window);
        self.store.sign_in_failures(&network.to_string(), after).await.map_err(unavailable)
    }

    /// Refuses when `failures` have reached `limit`, until the oldest of them no longer counts.
    fn limit<'a>(
        &self,
        failures: impl IntoIterator<Item = &'a Failures>,
        limit: u32,
    ) -> Result<(), AuthError> {
        let mut count = 0_i32;
        let mut oldest: Option<Timestamp> = None;
        for one in failures {
            count = count.saturating_add(one.count);
            oldest = Some(oldest.map_or(one.since, |oldest| oldest.min(one.since)));
        }
        match oldest {
            Some(since) if is_above(count.saturating_add(1), limit) => {
                Err(self.refused(since.plus(self.settings.failure_window)))
            }
            _ => Ok(()),
        }
    }

    fn refused(&self, until: Timestamp) -> AuthError {
        AuthError::RateLimited { retry_after: until.since(self.clock.now()) }
    }
}

fn is_above(count: i32, limit: u32) -> bool {
    u32::try_from(count).is_ok_and(|count| count > limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> String {
        Network::of(address.parse().unwrap()).to_string()
    }

    #[test]
    fn neighbours_share_a_network() {
        assert_eq!(network("192.0.2.1"), "192.0.2.0/24");
        assert_eq!(network("192.0.2.255"), network("192.0.2.1"));
        assert_ne!(network("192.0.3.1"), network("192.0.2.1"));
        assert_eq!(network("2001:db8:1:2::3"), "2001:db8:1::/48");
        assert_eq!(network("2001:db8:1:ffff::9"), network("2001:db8:1::1"));
        assert_ne!(network("2001:db8:2::1"), network("2001:db8:1::1"));
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.0/24");
    }
}
