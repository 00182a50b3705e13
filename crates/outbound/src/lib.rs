//! Connections to other servers: whom they trust, and what they tell.
//!
//! A server has to show a certificate that this machine trusts (OpenSSL's default places, `SSL_CERT_FILE` and
//! `SSL_CERT_DIR`). There is no way to trust any.

#[cfg(feature = "http")]
mod http;
mod tls;

#[cfg(feature = "http")]
pub use http::http_client;
pub use tls::{TlsError, tls_config};
