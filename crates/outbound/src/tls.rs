//! Encryption.

use std::sync::Arc;

use engine_interfaces::BoxError;
/// What goes wrong where a server is not trusted, or speaks no TLS: one of the causes of its connection's error.
///
/// # Example
/// ```
/// use std::{error::Error, iter};
///
/// use outbound::TlsError;
///
/// fn is_tls(error: &(dyn Error + 'static)) -> bool {
///     iter::successors(Some(error), |&error| error.source()).any(|cause| cause.is::<TlsError>())
/// }
/// assert!(is_tls(&TlsError::HandshakeNotComplete));
/// ```
pub use rustls::Error as TlsError;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};

/// Encrypts with the one implementation that is linked, and trusts what this machine trusts at this moment. Where that
/// is nothing it says so, and nothing that is encrypted can be reached.
///
/// # Errors
/// When the implementation has none of the protocol's versions.
///
/// # Example
/// ```
/// # fn main() -> Result<(), engine_interfaces::BoxError> {
/// let config = outbound::tls_config()?;
/// assert!(!config.client_auth_cert_resolver.has_certs(), "it shows nothing of itself");
/// # Ok(()) }
/// ```
pub fn tls_config() -> Result<ClientConfig, BoxError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        tracing::warn!("this machine trusts no certificates: nothing is reached over TLS");
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
