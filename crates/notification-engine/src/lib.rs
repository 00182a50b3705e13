#![doc = include_str!("../README.md")]

mod engine;
mod preferences;
mod store;
mod webhooks;

pub use engine::NotificationEngine;
pub use engine_interfaces::{
    NotificationPreference, Notifications, NotificationsError, Webhooks, WebhooksError,
};
pub use store::{MIGRATIONS, Store};
pub use webhooks::{Resolver, SystemResolver, WebhookEngine, WebhookSettings};
