//! Ends an account.

use std::net::IpAddr;

use engine_interfaces::{AuthError, Identity, Secret};

use super::end;
use crate::{
    AuthEngine,
    engine::unavailable,
    registrations::{prove, wrong_password},
    rules::Violations,
};

/// Ends an account.
pub(crate) struct EraseService<'a> {
    engine: &'a AuthEngine,
}

impl<'a> EraseService<'a> {
    pub(crate) fn new(engine: &'a AuthEngine) -> Self {
        Self { engine }
    }

    /// Ends the caller's account, if they prove that they are at the keys; a guest need not, who can't.
    #[tracing::instrument(skip_all, fields(user.id = %identity.user_id))]
    pub(crate) async fn call(
        &self,
        identity: Identity,
        current_password: Option<&Secret>,
        from: IpAddr,
    ) -> Result<(), AuthError> {
        let engine = self.engine;
        let found = engine.store.find_account(identity.user_id).await.map_err(unavailable)?;
        // An account that ended a moment ago took its tokens with it.
        let mut account = found.ok_or(AuthError::TokenRevoked)?;
        if !account.user.guest {
            let current_password = current_password.ok_or(AuthError::PasswordMissing)?;
            let mut violations = Violations::default();
            violations.current_password(current_password);
            violations.check()?;
            account = prove(engine, identity.user_id, current_password, from).await?;
        }
        let ended = end(&account, &engine.revocations, &*engine.clock, &engine.settings).await;
        match ended.map_err(unavailable)? {
            true => Ok(()),
            // Their time is over, or they asked twice at once.
            false if account.user.guest => Err(AuthError::TokenRevoked),
            // Somebody else changed the password while this one was being checked.
            false => Err(wrong_password()),
        }
    }
}
