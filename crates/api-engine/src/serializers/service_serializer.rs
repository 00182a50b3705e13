//! What the service says of itself.

use serde::Serialize;
use utoipa::ToSchema;

/// What a client has to know before it begins.
#[derive(Serialize, ToSchema)]
#[schema(as = Config)]
pub(crate) struct ConfigSerializer<'a> {
    /// Where the Socket.IO server is.
    pub(crate) realtime_url: &'a str,
    pub(crate) sign_up: SignUpState,
    /// Are there throw-away accounts?
    pub(crate) guests: bool,
}

/// Can anybody sign up?
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SignUpState {
    Open,
    Closed,
}

/// All is well.
#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
pub(crate) struct HealthSerializer {
    /// Always `ok`.
    status: &'static str,
}

impl HealthSerializer {
    /// All is well.
    pub(crate) const OK: Self = Self { status: "ok" };
}
