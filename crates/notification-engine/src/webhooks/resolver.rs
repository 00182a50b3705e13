//! What the host of a web hook leads to, without what may not be reached.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::addresses::Addresses;

/// Knows the addresses of names.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// The addresses of `name`, the preferred first.
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The machine's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// Why a name gave no address to connect to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unresolved {
    /// It has none.
    #[error("the name has no address")]
    Unknown(#[source] Option<io::Error>),
    /// It has none that may be reached.
    #[error("the name leads to no address that may be reached")]
    Refused,
}

/// Hands the client only addresses that may be reached. The client connects to these and to nothing else, so
/// a name that changes between a check and the connection gains nothing.
pub(crate) struct Guard {
    resolver: Arc<dyn Resolver>,
    addresses: Addresses,
}

impl Guard {
    pub(crate) fn new(resolver: Arc<dyn Resolver>, addresses: Addresses) -> Self {
        Self { resolver, addresses }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolver, addresses) = (Arc::clone(&self.resolver), self.addresses.clone());
        Box::pin(async move {
            let found = resolver.resolve(name.as_str()).await;
            let found = found.map_err(|error| Unresolved::Unknown(Some(error)))?;
            if found.is_empty() {
                return Err(Unresolved::Unknown(None).into());
            }
            let reachable = found.into_iter().filter(|address| addresses.allow(*address));
            // The client puts the URL's port in the place of 0.
            let reachable: Vec<_> = reachable.map(|address| SocketAddr::new(address, 0)).collect();
            if reachable.is_empty() {
                return Err(Unresolved::Refused.into());
            }
            Ok(Box::new(reachable.into_iter()) as Addrs)
        })
    }
}
