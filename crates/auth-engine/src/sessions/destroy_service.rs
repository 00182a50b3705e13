//! Signs somebody out.

use engine_interfaces::{AuthError, Token};

use crate::{AuthEngine, engine::unavailable};

/// Signs somebody out.
pub(crate) struct DestroyService<'a> {
    engine: &'a AuthEngine,
}

impl<'a> DestroyService<'a> {
    pub(crate) fn new(engine: &'a AuthEngine) -> Self {
        Self { engine }
    }

    /// Revokes one token. Idempotent.
    #[tracing::instrument(skip_all, fields(user.id = %token.user_id))]
    pub(crate) async fn call(&self, token: Token) -> Result<(), AuthError> {
        self.engine.revocations.revoke(token).await.map_err(unavailable)
    }
}
