//! One contract, every ring, and what is special to each.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod contract;
mod local;
#[cfg(feature = "redis")]
mod redis;
mod support;
