//! Memberships.

mod add_service;
mod change_role_service;
mod list_service;
mod participants_service;
mod remove_service;

pub(crate) use add_service::AddService;
pub(crate) use change_role_service::ChangeRoleService;
pub(crate) use list_service::ListService;
pub(crate) use participants_service::ParticipantsService;
pub(crate) use remove_service::RemoveService;
