//! Asks for an export.

use engine_interfaces::{AuthError, Export, ExportId, UserId};

use super::ExportAccount;
use crate::{
    AuthEngine,
    engine::unavailable,
    store::{NewExport, Requested},
};

/// Asks for an export.
pub(crate) struct RequestExportService<'a> {
    engine: &'a AuthEngine,
}

impl<'a> RequestExportService<'a> {
    pub(crate) fn new(engine: &'a AuthEngine) -> Self {
        Self { engine }
    }

    /// An export that is being made: the one that is, or a new one, unless the user has as many as they may.
    #[tracing::instrument(skip_all, fields(user.id = %user))]
    pub(crate) async fn call(&self, user: UserId) -> Result<Export, AuthError> {
        let AuthEngine { store, clock, settings, .. } = self.engine;
        let (id, now) = (ExportId(clock.new_id()), clock.now());
        let new = NewExport {
            id,
            user_id: user,
            at: now,
            expires_at: now.plus(settings.export_life),
            job: ExportAccount::job(&**clock, id),
        };
        match store.request_export(new, settings.exports_per_user).await.map_err(unavailable)? {
            Requested::Export(export) => Ok(export),
            Requested::TooMany(until) => Err(AuthError::RateLimited { retry_after: until.since(now) }),
            // The account ended a moment ago, and its tokens with it.
            Requested::NoUser => Err(AuthError::TokenRevoked),
        }
    }
}
