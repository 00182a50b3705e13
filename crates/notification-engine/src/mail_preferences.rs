//! Whether a user wants mail.

mod show_service;
mod update_service;

pub(crate) use show_service::ShowService;
pub(crate) use update_service::UpdateService;
