//! Sessions: begun, ended, and recognised at every request.

mod authenticate_service;
mod create_service;
mod destroy_service;
mod verified;
mod verifier;

pub(crate) use authenticate_service::AuthenticateService;
pub(crate) use create_service::CreateService;
pub(crate) use destroy_service::DestroyService;
pub(crate) use verified::Verified;
pub(crate) use verifier::Verifier;
