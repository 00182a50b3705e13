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
#[derive(Debug, Clone)]
pub struct Sender(pub(crate) Mailbox);

/// Where links lead: the address at which people find this service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

/// What is wrong with [`Sender`] or [`PublicUrl`].
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
