//! Ends an account.

use std::net::IpAddr;

use engine_interfaces::{AuthError, Identity, Secret};

use super::EraseAccount;
use crate::{
    AuthEngine,
    engine::unavailable,
    registrations::{prove, refuse_all_but, wrong_password},
    rules::Violations,
    store::AccountEnd,
};

/// Ends an account.
pub(crate) struct EraseService<'a> {
    engine: &'a AuthEngine,
}

impl<'a> EraseService<'a> {
    pub(crate) fn new(engine: &'a AuthEngine) -> Self {
        Self { engine }
    }

    /// Removes the account and refuses its tokens at once; jobs erase what others hold of the user.
    #[tracing::instrument(skip_all, fields(user.id = %identity.user_id))]
    pub(crate) async fn call(
        &self,
        identity: Identity,
        current_password: &Secret,
        from: IpAddr,
    ) -> Result<(), AuthError> {
        let engine = self.engine;
        let mut violations = Violations::default();
        violations.current_password(current_password);
        violations.check()?;
        let account = prove(engine, identity.user_id, current_password, from).await?;
        let refusal = refuse_all_but(engine, &account, None);
        let end = AccountEnd {
            seen_generation: account.token_generation,
            refusal,
            jobs: EraseAccount::jobs(engine, account.user.id, refusal.revoked_at),
        };
        // Somebody else changed the password while this one was being checked.
        if engine.revocations.end_account(end).await.map_err(unavailable)? {
            Ok(())
        } else {
            Err(wrong_password())
        }
    }
}
