#![doc = include_str!("../README.md")]

mod digests;
mod engine;
mod mail;
mod mail_preferences;
mod meters;
mod personal_data;
mod preferences;
mod presence;
mod store;
mod unsubscribe_keys;
mod webhooks;

pub use digests::{DigestSettings, Digests, SendDigests};
pub use engine::NotificationEngine;
pub use engine_interfaces::{
    NotificationPreference, Notifications, NotificationsError, Presence, Webhooks, WebhooksError,
};
pub use mail::{Mail, MailError, MailServer, MailServerError, MailUnreachable, PublicUrl, Sender};
pub use store::{MIGRATIONS, Store, tables};
pub use unsubscribe_keys::UnsubscribeKeys;
pub use webhooks::{Resolver, SystemResolver, WebhookEngine, WebhookSettings};
