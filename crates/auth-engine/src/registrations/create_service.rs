//! Signs somebody up.

use std::net::IpAddr;

use engine_interfaces::{AuthError, Registration, Session};

use super::register;
use crate::{AuthEngine, SignUp, rules::Violations};

/// Signs somebody up.
pub(crate) struct CreateService<'a> {
    engine: &'a AuthEngine,
}

impl<'a> CreateService<'a> {
    pub(crate) fn new(engine: &'a AuthEngine) -> Self {
        Self { engine }
    }

    /// Creates an account and signs its user in. What is wrong with the input costs no attempt; whether the
    /// address is taken does.
    #[tracing::instrument(skip_all)]
    pub(crate) async fn call(&self, registration: Registration, from: IpAddr) -> Result<Session, AuthError> {
        let engine = self.engine;
        if engine.settings.sign_up == SignUp::Closed {
            return Err(AuthError::SignUpClosed);
        }
        Violations::of_registration(&registration).check()?;
        engine.attempts.sign_up(from).await?;
        let account = register(engine, registration).await?;
        engine.tokens.issue(account)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use engine_interfaces::{AuthError, Authentication, Registration, Rule, Secret};

    use crate::{
        Settings, SignUp, factories,
        support::{ELSEWHERE, HERE, NEXT_DOOR, Rig, broken},
    };

    fn registration(email: &str) -> Registration {
        Registration {
            name: "Ann".to_owned(),
            email: Secret::new(email),
            password: Secret::new(factories::PASSWORD),
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_new_user_is_signed_in() {
        let rig = Rig::new().await;
        let session = rig.auth.sign_up(registration("Ann@Example.com"), HERE).await.unwrap();
        let identity = rig.auth.authenticate_token(session.token.expose()).await.unwrap();
        assert_eq!(identity.user_id, session.user.id);
        assert_eq!(identity.token.unwrap().expires_at, session.expires_at);
        let email = session.user.email.as_ref().map(Secret::expose);
        assert_eq!(email, Some("Ann@Example.com"), "kept as it was given");
        assert_eq!(rig.auth.show_user(session.user.id).await.unwrap(), session.user);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_address_is_taken_in_any_case() {
        let rig = Rig::new().await;
        rig.auth.sign_up(registration("jürgen@example.com"), HERE).await.unwrap();
        let again = rig.auth.sign_up(registration("JÜRGEN@example.com"), HERE).await;
        assert_eq!(broken(again), [("email", Rule::Taken)]);
        let found = rig.auth.find_user(&Secret::new("Jürgen@EXAMPLE.com")).await.unwrap();
        assert!(found.is_some());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_breaks_a_rule_is_not_stored() {
        let rig = Rig::new().await;
        let bad = Registration { password: Secret::new("password123"), ..registration("ann@example.com\0") };
        let answer = rig.auth.sign_up(bad, HERE).await;
        assert_eq!(broken(answer), [("email", Rule::Nul), ("password", Rule::Common)]);
        let found = rig.auth.find_user(&Secret::new("ann@example.com\0")).await.unwrap();
        assert_eq!(found, None);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nobody_signs_up_where_it_is_closed() {
        let rig = Rig::with(Settings { sign_up: SignUp::Closed, ..factories::settings() }).await;
        let answer = rig.auth.sign_up(registration("ann@example.com"), HERE).await;
        assert!(matches!(answer, Err(AuthError::SignUpClosed)));
        rig.auth.create_user(registration("ann@example.com")).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_network_signs_up_only_so_often() {
        let rig = Rig::with(Settings { sign_ups_per_network: 2, ..factories::settings() }).await;
        let sign_up = |email: &str, from| {
            let (auth, registration) = (rig.auth.clone(), registration(email));
            async move { auth.sign_up(registration, from).await }
        };
        sign_up("a@example.com", HERE).await.unwrap();
        sign_up("b@example.com", NEXT_DOOR).await.unwrap();
        let refused = sign_up("c@example.com", HERE).await;
        let Err(AuthError::RateLimited { retry_after }) = refused else {
            panic!("limited");
        };
        assert_eq!(retry_after, Duration::from_secs(60 * 60));
        sign_up("c@example.com", ELSEWHERE).await.unwrap();
        rig.clock.advance(retry_after);
        sign_up("d@example.com", HERE).await.unwrap();
    }
}
