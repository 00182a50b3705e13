//! What a user hears of a group.

use engine_interfaces::{GroupId, NotificationPreference};
use serde::Serialize;
use utoipa::ToSchema;

/// What the caller hears of a group while they are away.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationPreference)]
pub(crate) struct NotificationPreferenceSerializer {
    #[schema(value_type = Uuid)]
    group_id: GroupId,
    /// Nothing.
    muted: bool,
}

impl NotificationPreferenceSerializer {
    /// What the caller said of `group_id`.
    pub(crate) fn new(group_id: GroupId, NotificationPreference { muted }: NotificationPreference) -> Self {
        Self { group_id, muted }
    }
}
