//! Groups.

mod create_service;
mod delete_service;
mod list_service;
mod show_service;
mod update_service;

pub(crate) use create_service::CreateService;
pub(crate) use delete_service::DeleteService;
pub(crate) use list_service::ListService;
pub(crate) use show_service::ShowService;
pub(crate) use update_service::UpdateService;
