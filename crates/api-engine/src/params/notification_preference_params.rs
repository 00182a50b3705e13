//! What a user wants to hear of a group.

use engine_interfaces::NotificationPreference;
use utoipa::ToSchema;

use super::{
    body::{Body, Params},
    fields::Fields,
};
use crate::errors::ErrorHandler;

/// What the caller wants to hear of the group while they are away.
#[derive(Debug, ToSchema)]
#[schema(as = Notifications)]
pub(crate) struct NotificationPreferenceParams {
    /// Nothing.
    muted: bool,
}

/// [`NotificationPreferenceParams`], on their way.
pub(crate) type NotificationPreferenceBody = Body<NotificationPreferenceParams>;

impl Params for NotificationPreferenceParams {
    const ROOT: &'static str = "notifications";
    const FIELDS: &'static [&'static str] = &["muted"];

    fn read(fields: &mut Fields) -> Result<Self, ErrorHandler> {
        Ok(Self { muted: fields.required("muted")? })
    }
}

impl From<NotificationPreferenceParams> for NotificationPreference {
    fn from(NotificationPreferenceParams { muted }: NotificationPreferenceParams) -> Self {
        Self { muted }
    }
}
