#![doc = include_str!("../README.md")]

mod client_address;
mod controllers;
mod cors;
mod current_user;
mod errors;
mod etag;
mod guard;
mod meters;
mod observe;
mod openapi;
mod page;
mod params;
mod readiness;
mod request_id;
pub mod routes;
mod serializers;
mod server;
mod settings;

pub use openapi::openapi;
pub use page::{Page, PageFile};
pub use server::ApiEngine;
pub use settings::Settings;
