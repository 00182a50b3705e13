//! The whole of real time: real engines on SQLite, a real port on loopback, and the official client on node.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod connecting;
mod conversations;
mod events;
mod resuming;
mod support;
mod wire;
