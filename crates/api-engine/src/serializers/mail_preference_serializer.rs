//! Whether a user wants mail.

use serde::Serialize;
use utoipa::ToSchema;

/// Whether the caller wants mail.
#[derive(Serialize, ToSchema)]
#[schema(as = MailPreference)]
pub(crate) struct MailPreferenceSerializer {
    /// Told by mail, once in an interval, how much waits for them.
    pub(crate) digests: bool,
}
