//! When users were last here.

mod mark_service;

pub(crate) use mark_service::MarkService;
