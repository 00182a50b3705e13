//! Whether a user wants mail.

use utoipa::ToSchema;

use super::{
    body::{Body, Params},
    fields::Fields,
};
use crate::errors::ErrorHandler;

/// Whether the caller wants mail.
#[derive(Debug, ToSchema)]
#[schema(as = MyNotifications)]
pub(crate) struct MailPreferenceParams {
    /// Told by mail, once in an interval, how much waits for them.
    pub(crate) digests: bool,
}

/// [`MailPreferenceParams`], on their way.
pub(crate) type MailPreferenceBody = Body<MailPreferenceParams>;

impl Params for MailPreferenceParams {
    const ROOT: &'static str = "notifications";
    const FIELDS: &'static [&'static str] = &["digests"];

    fn read(fields: &mut Fields) -> Result<Self, ErrorHandler> {
        Ok(Self { digests: fields.required("digests")? })
    }
}
