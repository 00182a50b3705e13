//! Group messages and how far each member has read.

mod list_service;
mod mark_read_service;
mod markers;
mod read_log_service;
mod send_message_service;
mod sends;
mod show_service;

pub(crate) use list_service::ListService;
pub(crate) use mark_read_service::MarkReadService;
pub(crate) use markers::Markers;
pub(crate) use read_log_service::ReadLogService;
pub(crate) use send_message_service::SendMessageService;
pub(crate) use sends::Sends;
pub(crate) use show_service::ShowService;
