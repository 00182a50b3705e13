//! What the service says of itself.

use std::collections::BTreeMap;

use engine_interfaces::Health;
use serde::Serialize;
use utoipa::ToSchema;

use crate::request_id;

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

/// What the process depends on, as it is now.
#[derive(ToSchema)]
#[schema(as = Readiness)]
#[expect(dead_code, reason = "describes engine_interfaces::Health, which knows no OpenAPI")]
pub(crate) struct ReadinessSerializer {
    /// `ok`; `draining` and `unavailable` come with 503.
    status: &'static str,
    /// By name.
    dependencies: BTreeMap<String, DependencySerializer>,
}

/// Something that the process depends on.
#[derive(ToSchema)]
#[schema(as = Dependency)]
#[expect(dead_code, reason = "describes engine_interfaces::Dependency, which knows no OpenAPI")]
pub(crate) struct DependencySerializer {
    /// `up` or `away`.
    state: &'static str,
    /// Can the process serve nobody without it?
    needed: bool,
}

/// The body of an error, and what the process depends on.
#[derive(Serialize, ToSchema)]
#[schema(as = NotReady)]
pub(crate) struct NotReadySerializer<'a> {
    #[serde(flatten)]
    #[schema(inline, value_type = NotReadyFields)]
    health: &'a Health,
    /// The same as the header `X-Request-Id`.
    request_id: String,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes engine_interfaces::Health where it refuses")]
struct NotReadyFields {
    /// `draining` or `unavailable`.
    status: &'static str,
    /// Always 50301.
    code: u32,
    /// What the code is about.
    title: &'static str,
    /// What is wrong, for people.
    message: &'static str,
    /// By name.
    dependencies: BTreeMap<String, DependencySerializer>,
}

impl<'a> NotReadySerializer<'a> {
    /// Of a process that wants no more work.
    pub(crate) fn new(health: &'a Health) -> Self {
        Self { health, request_id: request_id::current().unwrap_or_default() }
    }
}
