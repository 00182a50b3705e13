//! The whole API over the real engines on SQLite, asked as clients ask. Every answer, of every test, is
//! held against the OpenAPI file.

mod described;
mod support;

mod erasures;
mod errors;
mod exports;
mod group_messages;
mod group_users;
mod groups;
mod guests;
mod input;
mod invitations;
mod logs;
mod memberships;
mod notification_preferences;
mod pages;
mod policy;
mod profiles;
mod read_markers;
mod registrations;
mod serve;
mod sessions;
mod unsubscriptions;
mod webhooks;
