#![doc = include_str!("../README.md")]

mod engine;
mod preferences;
mod store;

pub use engine::NotificationEngine;
pub use engine_interfaces::{NotificationPreference, Notifications, NotificationsError};
pub use store::{MIGRATIONS, Store};
