//! Recognises who is calling.

use std::net::IpAddr;

use engine_interfaces::{AuthError, Credentials, Identity};

use crate::{AuthEngine, store::email_key};

/// Recognises who is calling.
pub(crate) struct AuthenticateService<'a> {
    engine: &'a AuthEngine,
}

impl<'a> AuthenticateService<'a> {
    pub(crate) fn new(engine: &'a AuthEngine) -> Self {
        Self { engine }
    }

    /// By a token. Reads no store.
    pub(crate) fn token(&self, token: &str) -> Result<Identity, AuthError> {
        let token = self.engine.tokens.check(token)?;
        if self.engine.revocations.is_revoked(&token) {
            return Err(AuthError::TokenRevoked);
        }
        Ok(Identity { user_id: token.user_id, token: Some(token) })
    }

    /// By a password, at no cost when the same one was right a moment ago.
    pub(crate) async fn password(
        &self,
        credentials: Credentials,
        from: IpAddr,
    ) -> Result<Identity, AuthError> {
        let engine = self.engine;
        // Into a keyed hash, which is all that is remembered.
        let password = credentials.password.expose();
        let parts = [&*email_key(&credentials.email), password];
        let key = engine.passwords.keys().active().keyed("verified", &parts);
        let now = engine.clock.now();
        if let Some((user_id, generation)) = engine.verified.find(&key, now)
            && !engine.revocations.is_outdated(user_id, generation)
        {
            return Ok(Identity { user_id, token: None });
        }
        let account = engine.verifier.call(credentials, from).await?;
        engine.verified.remember(key, account.user.id, account.token_generation, now);
        Ok(Identity { user_id: account.user.id, token: None })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use engine_interfaces::{AuthError, Authentication, ProfileChange, Secret};

    use crate::{
        factories,
        support::{HERE, HashCount, Rig, eventually},
    };

    const ANN: &str = "ann@example.com";

    #[tokio::test(flavor = "multi_thread")]
    async fn the_same_right_password_costs_one_hash_for_a_while() {
        let hashes = HashCount::default();
        let _listening = hashes.listen();
        let rig = Rig::new().await;
        let session = factories::user(&*rig.auth).email(ANN).create().await;
        let before = hashes.get();
        let basic = || rig.auth.authenticate_password(factories::credentials(ANN, factories::PASSWORD), HERE);
        for _ in 0..5 {
            let identity = basic().await.unwrap();
            assert_eq!((identity.user_id, identity.token), (session.user.id, None));
        }
        assert_eq!(hashes.get() - before, 1);
        rig.clock.advance(Duration::from_secs(30));
        basic().await.unwrap();
        assert_eq!(hashes.get() - before, 2);
        let wrong = factories::credentials(ANN, "a wrong password");
        let wrong = rig.auth.authenticate_password(wrong, HERE).await;
        assert!(matches!(wrong, Err(AuthError::WrongCredentials)));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_new_password_ends_what_was_remembered_in_every_process() {
        let rig = Rig::new().await;
        let another = rig.another(factories::keys()).await.unwrap();
        factories::user(&*rig.auth).email(ANN).create().await;
        let old = || factories::credentials(ANN, factories::PASSWORD);
        let identity = rig.auth.authenticate_password(old(), HERE).await.unwrap();
        another.authenticate_password(old(), HERE).await.unwrap();

        let change = ProfileChange {
            name: None,
            password: Some(Secret::new("another password")),
            current_password: Secret::new(factories::PASSWORD),
        };
        rig.auth.update_user(identity, change, HERE).await.unwrap();

        let here = rig.auth.authenticate_password(old(), HERE).await;
        assert!(matches!(here, Err(AuthError::WrongCredentials)));
        eventually(|| async { another.authenticate_password(old(), HERE).await.is_err() }).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_address_with_a_nul_is_nobodys() {
        let rig = Rig::new().await;
        let nul = factories::credentials("ann@example.com\0", "a password\0");
        let answer = rig.auth.authenticate_password(nul, HERE).await;
        assert!(matches!(answer, Err(AuthError::WrongCredentials)));
    }
}
