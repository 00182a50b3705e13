//! Web hooks: a group's messages, posted to receivers elsewhere.
//!
//! A topic's leader causes a delivery of each message to each of its group's web hooks ([`handler::WebhookHandler`]):
//! a row that people can list, and a job. The job reads the message, signs it and posts it
//! ([`DeliverWebhook`]). Whatever became of an attempt is in the row alone: the job is put off until the next.

mod addresses;
mod body;
mod client;
mod create_service;
mod delete_service;
mod deliver;
mod deliveries_service;
mod engine;
mod forget;
mod gate;
mod handler;
mod list_service;
mod prune;
mod redeliver_service;
mod resolver;
mod secret;
mod settings;
mod target;

pub use engine::WebhookEngine;
pub use resolver::{Resolver, SystemResolver};
pub use settings::WebhookSettings;

pub(crate) use deliver::{DeliverWebhook, DeliveryJob};
pub(crate) use forget::ForgetWebhook;
