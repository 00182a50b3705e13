//! Connections to other servers: whom they trust, what they tell, and whether they leave this machine.
//!
//! A server has to show a certificate that this machine trusts (OpenSSL's default places, `SSL_CERT_FILE` and
//! `SSL_CERT_DIR`). There is no way to trust any.

#[cfg(feature = "http")]
mod http;
mod machine;
mod tls;

#[cfg(feature = "http")]
pub use http::http_client;
pub use machine::is_this_machine;
pub use tls::{TlsError, tls_config};
