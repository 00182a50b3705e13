//! The HTTP API over the engines.
//!
//! [`ApiEngine`] asks authentication and chat through their traits and answers as the contract says:
//! controllers read, ask and answer; serializers are the public shapes; one error handler gives every
//! refusal its code. Nothing here has a rule of its own, and nothing outside knows the web framework.

mod client_address;
mod controllers;
mod cors;
mod current_user;
mod errors;
mod etag;
mod guard;
mod observe;
mod openapi;
mod params;
mod readiness;
mod request_id;
pub mod routes;
mod serializers;
mod server;
mod settings;

pub use openapi::openapi;
pub use server::ApiEngine;
pub use settings::Settings;
