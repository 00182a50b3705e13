//! What a digest says.

use std::fmt::Write;

use engine_interfaces::{Contact, Timestamp, UnreadGroup, UserId};
use lettre::{
    Message,
    address::AddressError,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

use super::Mail;

/// What a user is told of: how much waits for them where, and nothing of what it says.
pub(crate) struct Digest<'a> {
    /// Who reads it.
    pub(crate) to: &'a Contact,
    /// What waits for them; not empty.
    pub(crate) groups: &'a [UnreadGroup],
    /// How many of the groups are named; the rest is counted.
    pub(crate) named: usize,
    /// The interval that it is of.
    pub(crate) slot: Timestamp,
    /// When it is written.
    pub(crate) now: Timestamp,
    /// Turns digests off for whoever follows it.
    pub(crate) unsubscribe: &'a str,
}

/// The message can't be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwritable {
    /// Nothing can be sent to what the user calls their address.
    #[error("the address is none")]
    Address(#[from] AddressError),
    /// A header can't be made.
    #[error("a header can't be made")]
    Header(#[from] lettre::error::Error),
}

const UNSUBSCRIBE: HeaderName = HeaderName::new_from_ascii_str("List-Unsubscribe");
const ONE_CLICK: HeaderName = HeaderName::new_from_ascii_str("List-Unsubscribe-Post");
const AUTOMATIC: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// The id of the digest of an interval to a user: the same for each copy of it.
pub(crate) fn message_id(slot: Timestamp, user: UserId, host: &str) -> String {
    format!("<digest.{}.{user}@{host}>", slot.secs())
}

impl Digest<'_> {
    /// Writes it.
    pub(crate) fn message(&self, mail: &Mail) -> Result<Message, Unwritable> {
        let to = Mailbox::new(Some(line(&self.to.name)), self.to.email.expose().parse()?);
        let mut message = Message::builder()
            .from(mail.from.0.clone())
            .to(to)
            .subject(self.subject())
            .date(self.now.to_datetime().into())
            .message_id(Some(message_id(self.slot, self.to.user_id, mail.public_url.host())))
            .header(ContentType::TEXT_PLAIN)
            .body(self.text(mail))?;
        for (name, value) in [
            (UNSUBSCRIBE, format!("<{}>", self.unsubscribe)),
            (ONE_CLICK, "List-Unsubscribe=One-Click".to_owned()),
            (AUTOMATIC, "auto-generated".to_owned()),
        ] {
            // As it is: what lettre would encode or fold is a link, which mail programs read literally.
            let value = HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value);
            message.headers_mut().insert_raw(value);
        }
        Ok(message)
    }

    fn subject(&self) -> String {
        match self.groups {
            [only] => format!("{} in {}", messages(only.unread_count), line(&only.name)),
            many => format!("Unread messages in {} groups", many.len()),
        }
    }

    fn text(&self, mail: &Mail) -> String {
        let mut text = format!("Hello {},\n\nthis waits for you:\n\n", line(&self.to.name));
        for UnreadGroup { group_id: _, name, unread_count } in self.groups.iter().take(self.named) {
            // Writing into a text never fails.
            let _ = writeln!(text, "  {}: {}", line(name), messages(*unread_count));
        }
        match self.groups.len().saturating_sub(self.named) {
            0 => {}
            1 => text.push_str("  and 1 more group\n"),
            more => {
                let _ = writeln!(text, "  and {more} more groups");
            }
        }
        let _ = write!(
            text,
            "\nRead on at {}\n\n-- \nTo get no more mail like this, follow {}\n",
            mail.public_url.join("/"),
            self.unsubscribe
        );
        text
    }
}

fn messages(count: i64) -> String {
    if count == 1 { "1 unread message".to_owned() } else { format!("{count} unread messages") }
}

/// What somebody called something, as part of a line.
fn line(name: &str) -> String {
    name.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use engine_interfaces::{GroupId, Secret};
    use uuid::Uuid;

    use super::*;
    use crate::mail::{MailServer, PublicUrl, Sender};

    fn mail() -> Mail {
        Mail {
            server: MailServer::parse("smtp://localhost?tls=none").unwrap(),
            from: Sender::parse("Parlour <chat@example.com>").unwrap(),
            public_url: PublicUrl::parse("https://chat.example.com").unwrap(),
        }
    }

    fn group(name: &str, unread_count: i64) -> UnreadGroup {
        UnreadGroup { group_id: GroupId(Uuid::nil()), name: name.to_owned(), unread_count }
    }

    fn written(name: &str, groups: &[UnreadGroup]) -> String {
        let to = Contact {
            user_id: UserId(Uuid::from_u128(7)),
            name: name.to_owned(),
            email: Secret::new("alice@example.com"),
        };
        let at = |text: &str| text.parse().unwrap();
        let digest = Digest {
            to: &to,
            groups,
            named: 3,
            slot: at("2026-03-04T05:00:00Z"),
            now: at("2026-03-04T05:00:02Z"),
            unsubscribe: "https://chat.example.com/unsubscribe/token",
        };
        String::from_utf8(digest.message(&mail()).unwrap().formatted()).unwrap().replace("\r\n", "\n")
    }

    #[test]
    fn a_digest_of_several_groups() {
        let groups =
            [group("Stanley Park", 3), group("Beer", 1), group("Café ☕", 12), group("x", 1), group("y", 1)];
        insta::assert_snapshot!(written("Alice", &groups));
    }

    #[test]
    fn a_digest_of_one_group() {
        insta::assert_snapshot!(written("Alice", &[group("Stanley Park", 1)]));
    }

    #[test]
    fn a_name_makes_no_line_of_its_own() {
        let text = written("Mallory\r\nBcc: all@example.com", &[group("A\nB: c\n\nd", 2)]);
        assert!(
            !text.lines().any(|line| line.starts_with("Bcc") || line.starts_with("B:") || line == "d"),
            "{text}"
        );
    }

    #[test]
    fn who_has_no_address_gets_nothing() {
        let to = Contact { user_id: UserId(Uuid::nil()), name: String::new(), email: Secret::new("not one") };
        let now = "2026-03-04T05:00:00Z".parse().unwrap();
        let digest = Digest { to: &to, groups: &[], named: 3, slot: now, now, unsubscribe: "https://x/" };
        assert!(matches!(digest.message(&mail()), Err(Unwritable::Address(_))));
    }
}
