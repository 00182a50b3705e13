//! Mail.

use std::{fmt, time::Duration};

use clap::Args;
use engine_interfaces::BoxError;
use notification_engine::{DigestSettings, Mail, MailServer, PublicUrl, Sender};

use super::SecretText;

/// Mail.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Mail")]
pub struct MailSettings {
    /// The server that takes mail: `smtp://user:password@host:587` (with STARTTLS), `smtps://…`, or
    /// `smtp://localhost:25?tls=none`. Without it there is no mail.
    #[arg(long, env = "MAIL_URL", value_name = "URL", hide_env_values = true)]
    pub mail_url: Option<SecretText>,

    /// Who mail is from: `Parlour <chat@example.com>`.
    #[arg(long, env = "MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<String>,

    /// Where people find this service: the links in mail begin with it.
    #[arg(long, env = "PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// A user gets at most one digest in so long.
    #[arg(long, env = "DIGEST_INTERVAL", value_name = "TIME", default_value = "1h", value_parser = interval)]
    pub digest_interval: Duration,

    /// How long a message has been unread when a digest tells of it.
    #[arg(long, env = "DIGEST_AFTER", value_name = "TIME", default_value = "15m", value_parser = humantime::parse_duration)]
    pub digest_after: Duration,
}

/// A way to send mail, and what is sent.
#[derive(Debug, Clone)]
pub struct Mailing {
    pub(crate) mail: Mail,
    pub(crate) digests: DigestSettings,
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if interval < Duration::from_secs(1) {
        return Err("it is less than a second".to_owned());
    }
    Ok(interval)
}

impl MailSettings {
    /// A way to send mail, where there is to be one.
    ///
    /// # Errors
    /// Names the setting, what is wrong with it, and the cure.
    pub fn mailing(&self) -> Result<Option<Mailing>, BoxError> {
        let Some(url) = &self.mail_url else {
            return Ok(None);
        };
        let mail = Mail {
            server: MailServer::parse(url.expose())
                .map_err(fault("MAIL_URL", "it looks like smtp://user:password@host:587"))?,
            from: Sender::parse(needed("MAIL_FROM", &self.mail_from)?)
                .map_err(fault("MAIL_FROM", "it looks like `Parlour <chat@example.com>`"))?,
            public_url: PublicUrl::parse(needed("PUBLIC_URL", &self.public_url)?)
                .map_err(fault("PUBLIC_URL", "it looks like https://chat.example.com"))?,
        };
        let digests = DigestSettings {
            interval: self.digest_interval,
            after: self.digest_after,
            ..DigestSettings::default()
        };
        Ok(Some(Mailing { mail, digests }))
    }
}

fn needed<'a>(setting: &str, value: &'a Option<String>) -> Result<&'a str, BoxError> {
    let value = value.as_deref();
    value.ok_or_else(|| format!("{setting} is needed where MAIL_URL is set; `--help` says what it is").into())
}

fn fault<E: fmt::Display>(setting: &str, cure: &str) -> impl Fn(E) -> BoxError {
    move |error| format!("{setting}: {error}; {cure}").into()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        mail: MailSettings,
    }

    fn mailing(options: &[&str]) -> Result<Option<Mailing>, String> {
        let line =
            Line::try_parse_from(["process"].iter().chain(options)).map_err(|error| error.to_string())?;
        line.mail.mailing().map_err(|error| error.to_string())
    }

    #[test]
    fn there_is_mail_where_there_is_a_server() {
        assert!(mailing(&[]).unwrap().is_none());
        let all = [
            "--mail-url=smtp://parlour:hunter2@mail.example.com",
            "--mail-from=chat@example.com",
            "--public-url=https://chat.example.com",
        ];
        let mailing = mailing(&all).unwrap().unwrap();
        assert_eq!(mailing.digests.interval, Duration::from_secs(3_600));
        assert!(!format!("{mailing:?}").contains("hunter2"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_cure() {
        let good = "--mail-url=smtp://parlour:hunter2@mail.example.com";
        for (options, names) in [
            (&["--mail-url=mail.example.com"][..], "MAIL_URL: it is no URL"),
            (&[good], "MAIL_FROM is needed"),
            (&[good, "--mail-from=nobody"], "MAIL_FROM: it is no e-mail address"),
            (&[good, "--mail-from=a@example.com"], "PUBLIC_URL is needed"),
            (&[good, "--mail-from=a@example.com", "--public-url=chat"], "PUBLIC_URL: it is no web address"),
            (&["--digest-interval=10ms"], "--digest-interval"),
        ] {
            let fault = mailing(options).unwrap_err();
            assert!(fault.contains(names) && !fault.contains("hunter2"), "{fault}");
        }
    }
}
