//! Mail: which server takes it, what is written, and how it is handed over.

mod message;
mod server;
mod smtp;

use lettre::message::Mailbox;
use url::Url;

pub(crate) use message::{Digest, Unwritable};
pub use server::{MailServer, MailServerError};
pub(crate) use smtp::Failure;
pub use smtp::MailUnreachable;

/// What mail needs that only an operator knows.
///
/// # Example
/// ```
/// use notification_engine::{Mail, MailServer, PublicUrl, Sender};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mail = Mail {
///     server: MailServer::parse("smtp://127.0.0.1:25?tls=none")?, // which is on the same machine
///     from: Sender::parse("Parlour <chat@example.com>")?,
///     public_url: PublicUrl::parse("https://chat.example.com")?,
/// };
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Mail {
    /// Which server takes it.
    pub server: MailServer,
    /// Who it is from.
    pub from: Sender,
    /// Where its links lead.
    pub public_url: PublicUrl,
}

/// Who mail is from.
///
/// # Example
/// ```
/// use notification_engine::{MailError, Sender};
///
/// assert!(Sender::parse("chat@example.com").is_ok(), "a name is welcome, and not needed");
/// assert_eq!(Sender::parse("chat@example.com, help@example.com").unwrap_err(), MailError::Address);
/// ```
#[derive(Debug, Clone)]
pub struct Sender(pub(crate) Mailbox);

/// Where links lead: the address at which people find this service.
///
/// # Example
/// ```
/// use notification_engine::PublicUrl;
///
/// # fn main() -> Result<(), notification_engine::MailError> {
/// let url = PublicUrl::parse("https://example.com/chat")?; // links lead to https://example.com/chat/unsubscribe/…
/// assert_eq!(PublicUrl::parse("https://example.com/chat/")?, url);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

/// What is wrong with [`Sender`] or [`PublicUrl`].
///
/// # Example
/// ```
/// use notification_engine::{MailError, PublicUrl};
///
/// let error = PublicUrl::parse("https://example.com/?page=chat").unwrap_err(); // nothing could be put behind it
/// assert_eq!(error, MailError::Url);
/// assert_eq!(format!("PUBLIC_URL: {error}"), "PUBLIC_URL: it is no web address");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Not an address.
    #[error("it is no e-mail address")]
    Address,
    /// Not a web address.
    #[error("it is no web address")]
    Url,
}

impl Sender {
    /// `chat@example.com` or `Parlour <chat@example.com>`.
    ///
    /// # Errors
    /// When it is no address.
    ///
    /// # Example
    /// ```
    /// use notification_engine::Sender;
    ///
    /// assert!(Sender::parse("Parlour <chat@example.com>").is_ok());
    /// assert!(Sender::parse("Parlour").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, MailError> {
        text.parse().map(Self).map_err(|_| MailError::Address)
    }
}

impl PublicUrl {
    /// `https://chat.example.com`, with a path where the service has one.
    ///
    /// # Errors
    /// When it is no `http` or `https` address.
    ///
    /// # Example
    /// ```
    /// use notification_engine::PublicUrl;
    ///
    /// assert!(PublicUrl::parse("https://example.com/chat").is_ok());
    /// assert!(PublicUrl::parse("chat.example.com").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, MailError> {
        let url: Url = text.trim_end_matches('/').parse().map_err(|_| MailError::Url)?;
        let plain = url.query().is_none() && url.fragment().is_none();
        if matches!(url.scheme(), "http" | "https") && url.has_host() && plain {
            Ok(Self(url))
        } else {
            Err(MailError::Url)
        }
    }

    /// The address of `path` below it.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0.as_str().trim_end_matches('/'))
    }

    /// The host: what the service calls itself where mail is handed over.
    pub(crate) fn host(&self) -> &str {
        self.0.host_str().unwrap_or("localhost")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_below_the_public_address() {
        for (base, link) in [
            ("https://chat.example.com", "https://chat.example.com/x"),
            ("https://chat.example.com/", "https://chat.example.com/x"),
            ("http://127.0.0.1:8080/chat/", "http://127.0.0.1:8080/chat/x"),
        ] {
            assert_eq!(PublicUrl::parse(base).unwrap().join("/x"), link);
        }
        for bad in ["chat.example.com", "ftp://example.com", "https://", "https://x/?a=b", ""] {
            assert_eq!(PublicUrl::parse(bad), Err(MailError::Url), "{bad}");
        }
    }

    #[test]
    fn a_sender_may_have_a_name() {
        for good in ["chat@example.com", "Parlour <chat@example.com>"] {
            Sender::parse(good).unwrap();
        }
        for bad in ["", "Parlour", "chat@", "a@b, c@d"] {
            assert_eq!(Sender::parse(bad).unwrap_err(), MailError::Address, "{bad}");
        }
    }
}
