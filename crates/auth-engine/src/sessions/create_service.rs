//! Signs somebody in.

use std::net::IpAddr;

use engine_interfaces::{AuthError, Credentials, Session};

use crate::{AuthEngine, rules::Violations};

/// Signs somebody in.
pub(crate) struct CreateService<'a> {
    engine: &'a AuthEngine,
}

impl<'a> CreateService<'a> {
    pub(crate) fn new(engine: &'a AuthEngine) -> Self {
        Self { engine }
    }

    /// Checks the password and gives a token.
    #[tracing::instrument(skip_all)]
    pub(crate) async fn call(&self, credentials: Credentials, from: IpAddr) -> Result<Session, AuthError> {
        let mut violations = Violations::default();
        // Looked at and not kept.
        violations.nul("email", credentials.email.expose());
        violations.nul("password", credentials.password.expose());
        violations.check()?;
        let account = self.engine.verifier.call(credentials, from).await?;
        self.engine.tokens.issue(account)
    }
}
