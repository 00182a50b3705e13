//! One contract, every broker, and what is special to each.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contract;
mod local;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
mod redis_away;
#[cfg(feature = "redis")]
mod redis_cluster;
mod support;
