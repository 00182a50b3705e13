//! Which server takes mail, and who we are to it.

use std::{fmt, str};

use lettre::transport::smtp::{authentication::Credentials, client::TlsParameters};
use percent_encoding::percent_decode_str;
use url::Url;

/// Which server takes mail, and who we are to it. `Debug` shows no password.
///
/// # Example
/// ```
/// use notification_engine::MailServer;
///
/// # fn main() -> Result<(), notification_engine::MailServerError> {
/// let server = MailServer::parse("smtps://parlour:p%40ss@mail.example.com")?; // TLS from the first byte
/// assert_eq!(format!("{server:?}"), "MailServer(mail.example.com:465)");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct MailServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Tls,
    pub(super) credentials: Option<Credentials>,
}

/// How the way to the server is kept private.
#[derive(Clone)]
pub(super) enum Tls {
    /// From the first byte.
    Implicit(TlsParameters),
    /// By STARTTLS, before anything is said. A server without it gets no mail.
    Explicit(TlsParameters),
    /// Not at all.
    None,
}

/// What is wrong with the address of a server.
///
/// # Example
/// ```
/// use notification_engine::{MailServer, MailServerError};
///
/// let refused = |url| MailServer::parse(url).unwrap_err();
/// assert_eq!(refused("smtps://mail.example.com?tls=none"), MailServerError::Options);
/// assert_eq!(refused("smtp://parlour@mail.example.com"), MailServerError::Credentials);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailServerError {
    /// Not a URL with a host.
    #[error("it is no URL with a host")]
    Url,
    /// Neither `smtp` nor `smtps`.
    #[error("it begins with neither smtp:// nor smtps://")]
    Scheme,
    /// Parts that mean nothing.
    #[error("after the port it may have `?tls=none` and nothing else")]
    Options,
    /// A user without a password, or the other way round.
    #[error("a user and a password come together, and as UTF-8")]
    Credentials,
    /// No certificates can be trusted.
    #[error("TLS can't be set up on this machine")]
    Tls,
}

const SUBMISSIONS: u16 = 465;
const SUBMISSION: u16 = 587;

impl MailServer {
    /// `smtp://user:password@host:587` (with STARTTLS, which the server must have), `smtps://host:465` (TLS
    /// from the first byte), or `smtp://host:25?tls=none` (plain, for a server on the same machine).
    ///
    /// # Errors
    /// See [`MailServerError`].
    ///
    /// # Example
    /// ```
    /// use notification_engine::{MailServer, MailServerError};
    ///
    /// let server = MailServer::parse("smtp://parlour:secret@mail.example.com:587").unwrap(); // with STARTTLS
    /// assert!(!format!("{server:?}").contains("secret"));
    /// assert_eq!(MailServer::parse("http://mail").unwrap_err(), MailServerError::Scheme);
    /// ```
    pub fn parse(text: &str) -> Result<Self, MailServerError> {
        let url: Url = text.parse().map_err(|_| MailServerError::Url)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(MailServerError::Url)?;
        let bare = matches!(url.path(), "" | "/") && url.fragment().is_none();
        // As certificates and sockets have it.
        let host = host.trim_matches(['[', ']']).to_owned();
        let tls = || TlsParameters::new(host.clone()).map_err(|_| MailServerError::Tls);
        let (port, tls) = match (url.scheme(), url.query()) {
            ("smtp" | "smtps", _) if !bare => return Err(MailServerError::Options),
            ("smtps", None) => (SUBMISSIONS, Tls::Implicit(tls()?)),
            ("smtp", None) => (SUBMISSION, Tls::Explicit(tls()?)),
            ("smtp", Some("tls=none")) => (SUBMISSION, Tls::None),
            ("smtp" | "smtps", Some(_)) => return Err(MailServerError::Options),
            _ => return Err(MailServerError::Scheme),
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) | (_, None) => return Err(MailServerError::Credentials),
            (user, Some(password)) => Some(Credentials::new(decode(user)?, decode(password)?)),
        };
        Ok(Self { port: url.port().unwrap_or(port), host, tls, credentials })
    }
}

fn decode(text: &str) -> Result<String, MailServerError> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| MailServerError::Credentials)
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailServer({}:{})", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_private_unless_it_is_said_to_be_plain() {
        let read = |text: &str| MailServer::parse(text).unwrap();
        let server = read("smtp://parlour:p%40ss@mail.example.com");
        assert!(matches!(server.tls, Tls::Explicit(_)));
        assert_eq!((server.host.as_str(), server.port), ("mail.example.com", 587));
        assert!(server.credentials == Some(Credentials::new("parlour".into(), "p@ss".into())));
        assert_eq!(format!("{server:?}"), "MailServer(mail.example.com:587)");

        let server = read("smtps://mail.example.com");
        assert!(matches!((server.tls, server.port), (Tls::Implicit(_), 465)));
        let server = read("smtp://[::1]:2525?tls=none");
        assert!(matches!((server.tls, server.port), (Tls::None, 2525)));
        assert_eq!(server.host, "::1");
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, fault) in [
            ("mail.example.com", MailServerError::Url),
            ("smtp://", MailServerError::Url),
            ("http://mail.example.com", MailServerError::Scheme),
            ("smtp://mail.example.com?tls=maybe", MailServerError::Options),
            ("smtps://mail.example.com?tls=none", MailServerError::Options),
            ("smtp://mail.example.com/path", MailServerError::Options),
            ("smtp://user@mail.example.com", MailServerError::Credentials),
            ("smtp://:password@mail.example.com", MailServerError::Credentials),
        ] {
            assert_eq!(MailServer::parse(text).unwrap_err(), fault, "{text}");
        }
    }
}
