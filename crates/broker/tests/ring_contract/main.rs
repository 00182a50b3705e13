//! One contract, every ring, and what is special to each.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contract;
mod local;
#[cfg(feature = "redis")]
mod redis;
mod support;
