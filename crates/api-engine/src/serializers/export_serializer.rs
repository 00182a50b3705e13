//! Exports, for those whom they are of.

use engine_interfaces::{Export, ExportId, ExportState, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// An export of what is held of the caller.
#[derive(Serialize, ToSchema)]
#[schema(as = Export)]
pub(crate) struct ExportSerializer {
    #[schema(value_type = Uuid)]
    id: ExportId,
    state: ExportStateName,
    /// Where the archive is; none until the state is `ready`.
    #[schema(required = true)]
    archive_url: Option<String>,
    /// How long the archive is; none until the state is `ready`.
    #[schema(required = true, minimum = 0)]
    archive_bytes: Option<u64>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the export is gone.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// How far an export has come.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportState)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExportStateName {
    /// It is being made.
    Pending,
    /// Its archive can be had.
    Ready,
    /// It could not be made.
    Failed,
}

impl ExportSerializer {
    /// Where an export is found.
    pub(crate) fn location(export: ExportId) -> String {
        format!("/api/v1/users/me/exports/{export}")
    }
}

impl From<Export> for ExportSerializer {
    fn from(export: Export) -> Self {
        let Export { id, state, created_at, expires_at } = export;
        let (state, bytes) = match state {
            ExportState::Pending => (ExportStateName::Pending, None),
            ExportState::Ready { bytes } => (ExportStateName::Ready, Some(bytes)),
            ExportState::Failed => (ExportStateName::Failed, None),
        };
        Self {
            id,
            state,
            archive_url: bytes.map(|_| format!("{}/archive", Self::location(id))),
            archive_bytes: bytes,
            created_at,
            expires_at,
        }
    }
}
