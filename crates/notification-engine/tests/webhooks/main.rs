//! What web hooks promise, against receivers that behave and receivers that do not.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod bench;
mod receiver;

mod addresses;
mod deliveries;
mod faults;
mod signatures;
