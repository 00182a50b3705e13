//! Invitations: ways into a group for whoever has a code.

mod accept_service;
mod code;
mod create_service;
mod list_service;
mod revoke_service;

pub(crate) use accept_service::AcceptService;
pub(crate) use code::Code;
pub(crate) use create_service::CreateService;
pub(crate) use list_service::ListService;
pub(crate) use revoke_service::RevokeService;
