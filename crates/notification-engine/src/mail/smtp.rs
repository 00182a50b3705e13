//! Handing mail over. lettre's transport tells nobody at which word the server refused, and that decides:
//! a refused recipient is that mail's, all else is the server's.

use std::{fmt, time::Duration};

use lettre::{
    Message,
    transport::smtp::{
        Error,
        authentication::Mechanism,
        client::AsyncSmtpConnection,
        commands::{Data, Mail as From, Rcpt},
        extension::{ClientId, Extension, MailParameter},
    },
};
use tokio::time::timeout;

use super::{Mail, server::Tls};

/// Where in the conversation it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Connect,
    Private,
    SignIn,
    Sender,
    Recipient,
    Text,
}

/// Why a mail was not taken. Shows nothing of what the server said, which may hold an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The server will never take this mail.
    Refused(u16),
    /// Not now.
    Unavailable(Unavailable),
}

/// Why the server took nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unavailable {
    stage: Option<Stage>,
    code: Option<u16>,
}

impl Unavailable {
    /// There was no answer within the limit.
    const SLOW: Self = Self { stage: None, code: None };

    /// Would another mail fare no better? After the server's word on one recipient it might.
    pub(crate) fn is_the_servers(self) -> bool {
        !(matches!(self.stage, Some(Stage::Recipient | Stage::Text)) && self.code.is_some())
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(stage) = self.stage else {
            return f.write_str("no answer in time");
        };
        f.write_str(match stage {
            Stage::Connect => "connecting",
            Stage::Private => "STARTTLS",
            Stage::SignIn => "signing in",
            Stage::Sender => "the sender",
            Stage::Recipient => "the recipient",
            Stage::Text => "the text",
        })?;
        match self.code {
            Some(code) => write!(f, " was refused with {code}"),
            None => f.write_str(" failed"),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(code) => write!(f, "the recipient was refused with {code}"),
            Self::Unavailable(why) => why.fmt(f),
        }
    }
}

/// Why the server can't be handed mail.
///
/// # Example
/// ```
/// # use notification_engine::{PublicUrl, Sender};
/// use std::time::Duration;
///
/// use notification_engine::{Mail, MailServer};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (from, public_url) = (Sender::parse("chat@example.com")?, PublicUrl::parse("https://chat.example.com")?);
/// let server = MailServer::parse("smtp://127.0.0.1:1?tls=none")?; // nobody listens there
/// let error = Mail { server, from, public_url }.reach(Duration::from_secs(5)).await.unwrap_err();
/// assert_eq!(error.to_string(), "connecting failed");
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct MailUnreachable(Failure);

/// What a failure at `stage` means.
fn at(stage: Stage) -> impl Fn(Error) -> Failure {
    move |error| {
        let code = error.status().map(u16::from);
        match (stage, code) {
            (Stage::Recipient | Stage::Text, Some(code)) if error.is_permanent() => Failure::Refused(code),
            _ => Failure::Unavailable(Unavailable { stage: Some(stage), code }),
        }
    }
}

impl Mail {
    /// Hands `message` to the server, within `limit`. A connection for each mail: what one leaves behind
    /// disturbs no other.
    pub(crate) async fn send(&self, message: &Message, limit: Duration) -> Result<(), Failure> {
        let sent = timeout(limit, self.converse(message, limit)).await;
        sent.unwrap_or(Err(Failure::Unavailable(Unavailable::SLOW)))
    }

    /// Does the server let us in? Hands nothing over.
    ///
    /// # Errors
    /// Tells at which step it does not.
    ///
    /// # Example
    /// ```
    /// # async fn example(mail: notification_engine::Mail) {
    /// use std::time::Duration;
    ///
    /// if let Err(error) = mail.reach(Duration::from_secs(5)).await {
    ///     println!("{:?}: {error}", mail.server); // no password in either
    /// }
    /// # }
    /// ```
    pub async fn reach(&self, limit: Duration) -> Result<(), MailUnreachable> {
        let reached = async {
            // It answered, however the conversation ends.
            let _ = self.connect(limit).await?.quit().await;
            Ok::<(), Failure>(())
        };
        let reached = timeout(limit, reached).await;
        reached.unwrap_or(Err(Failure::Unavailable(Unavailable::SLOW))).map_err(MailUnreachable)
    }

    /// A connection on which mail can be handed over.
    async fn connect(&self, limit: Duration) -> Result<AsyncSmtpConnection, Failure> {
        let server = &self.server;
        let hello = ClientId::Domain(self.public_url.host().to_owned());
        let implicit = match &server.tls {
            Tls::Implicit(tls) => Some(tls.clone()),
            Tls::Explicit(_) | Tls::None => None,
        };
        let address = (server.host.as_str(), server.port);
        let connecting = AsyncSmtpConnection::connect_tokio1(address, Some(limit), &hello, implicit, None);
        let mut connection = connecting.await.map_err(at(Stage::Connect))?;
        if let Tls::Explicit(tls) = &server.tls {
            connection.starttls(tls.clone(), &hello).await.map_err(at(Stage::Private))?;
        }
        if let Some(credentials) = &server.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            connection.auth(&mechanisms, credentials).await.map_err(at(Stage::SignIn))?;
        }
        Ok(connection)
    }

    async fn converse(&self, message: &Message, limit: Duration) -> Result<(), Failure> {
        let mut connection = self.connect(limit).await?;
        let envelope = message.envelope();
        let mut parameters = Vec::new();
        let mut addresses = envelope.to().iter().chain(envelope.from());
        if addresses.any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                // As a server says it that has the extension and no such mailbox.
                return Err(Failure::Refused(553));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let from = From::new(envelope.from().cloned(), parameters);
        connection.command(from).await.map_err(at(Stage::Sender))?;
        for recipient in envelope.to() {
            let to = Rcpt::new(recipient.clone(), Vec::new());
            connection.command(to).await.map_err(at(Stage::Recipient))?;
        }
        connection.command(Data).await.map_err(at(Stage::Text))?;
        connection.message(&message.formatted()).await.map_err(at(Stage::Text))?;
        // It is taken, however the conversation ends.
        let _ = connection.quit().await;
        Ok(())
    }
}
