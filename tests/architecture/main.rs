//! What holds for the workspace as a whole. A failure says what to do.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod dependencies;
mod documents;
mod locks;
mod migrations;
mod portable;
mod schema;
mod shape;
mod sources;
mod sql;
