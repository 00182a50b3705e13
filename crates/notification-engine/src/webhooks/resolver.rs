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
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// # use engine_interfaces::{BoxError, Chat, SystemClock};
/// # use notification_engine::{Store, WebhookSettings};
/// use std::{io, net::IpAddr};
///
/// use async_trait::async_trait;
/// use notification_engine::{Resolver, WebhookEngine};
///
/// /// Of a test, whose receiver has every name.
/// struct Receiver(IpAddr);
///
/// #[async_trait]
/// impl Resolver for Receiver {
///     async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
///         Ok(vec![self.0]) // reached only where `WebhookSettings::allowed_networks` has it
///     }
/// }
/// # fn example(store: Store, chat: Arc<dyn Chat>, settings: WebhookSettings) -> Result<(), BoxError> {
/// # let clock = Arc::new(SystemClock);
/// let resolver = Arc::new(Receiver("127.0.0.1".parse()?));
/// let webhooks = WebhookEngine::with_resolver(store, chat, clock, settings, resolver)?;
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Resolver: Send + Sync {
    /// The addresses of `name`, the preferred first.
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The machine's resolver.
///
/// # Example
/// ```
/// use notification_engine::{Resolver, SystemResolver};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let found = SystemResolver.resolve("localhost").await?; // what /etc/hosts says counts too
/// assert!(found.iter().all(|address| address.is_loopback()));
/// # Ok(()) }
/// ```
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
