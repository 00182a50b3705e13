//! HTTP to servers that the operator names.

use std::time::Duration;

use engine_interfaces::BoxError;
use reqwest::{Client, redirect::Policy};

use crate::tls_config;

/// A client for a server that is told secrets: they are for nobody else, so that it follows no redirect. A request may
/// take `timeout`, with its answer.
///
/// # Errors
/// As [`tls_config`], and when the client can't be made.
///
/// # Example
/// ```
/// use std::time::Duration;
///
/// # fn main() -> Result<(), engine_interfaces::BoxError> {
/// let client = outbound::http_client(Duration::from_secs(5))?;
/// let request = client.post("https://collector.example.com/v1/traces").build()?;
/// assert_eq!(request.method(), "POST");
/// # Ok(()) }
/// ```
pub fn http_client(timeout: Duration) -> Result<Client, BoxError> {
    let client = Client::builder()
        .user_agent(concat!("Parlour/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .referer(false)
        .timeout(timeout)
        .tls_backend_preconfigured(tls_config()?)
        .build()?;
    Ok(client)
}
