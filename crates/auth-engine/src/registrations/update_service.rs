//! Changes what a user may change about themselves.

use std::net::IpAddr;

use engine_interfaces::{AuthError, Identity, ProfileChange, User};

use super::{prove, refuse_all_but, wrong_password};
use crate::{AuthEngine, engine::unavailable, rules::Violations, store::AccountChange};

/// Changes a user's name or password.
pub(crate) struct UpdateService<'a> {
    engine: &'a AuthEngine,
}

impl<'a> UpdateService<'a> {
    pub(crate) fn new(engine: &'a AuthEngine) -> Self {
        Self { engine }
    }

    /// Changes name, password or both.
    #[tracing::instrument(skip_all, fields(user.id = %identity.user_id))]
    pub(crate) async fn call(
        &self,
        identity: Identity,
        change: ProfileChange,
        from: IpAddr,
    ) -> Result<User, AuthError> {
        let engine = self.engine;
        violations(&change).check()?;
        let account = prove(engine, identity.user_id, &change.current_password, from).await?;
        let password = match &change.password {
            Some(new) => Some(engine.passwords.hash(new).await?),
            None => None,
        };
        let kept = identity.token.map(|token| token.id);
        let now = engine.clock.now();
        let mut user = account.user.clone();
        user.updated_at = now;
        user.name = change.name.clone().unwrap_or(user.name);
        let changed = engine
            .revocations
            .change_account(AccountChange {
                user_id: user.id,
                seen_generation: account.token_generation,
                at: now,
                name: change.name,
                refusal: password
                    .is_some()
                    .then(|| refuse_all_but(&*engine.clock, &engine.settings, &account, kept)),
                password,
                disable: false,
            })
            .await
            .map_err(unavailable)?;
        // Somebody else changed the password while this one was being checked.
        if changed { Ok(user) } else { Err(wrong_password()) }
    }
}

/// What is wrong with the input. Whether the current password is right costs a hash, and is asked last.
fn violations(change: &ProfileChange) -> Violations {
    let mut violations = Violations::default();
    if let Some(name) = &change.name {
        violations.name(name);
    }
    if let Some(password) = &change.password {
        violations.password(password);
    }
    violations.current_password(&change.current_password);
    violations
}

#[cfg(test)]
mod tests {
    use engine_interfaces::{
        AuthError, Authentication, Broker, Control, Delivery, Identity, ProfileChange, RevokedTokens, Rule,
        Secret, Session,
    };

    use crate::{
        factories,
        support::{ELSEWHERE, HERE, Rig, broken},
    };

    fn change(name: Option<&str>, password: Option<&str>, current: &str) -> ProfileChange {
        ProfileChange {
            name: name.map(str::to_owned),
            password: password.map(Secret::new),
            current_password: Secret::new(current),
        }
    }

    async fn identity(rig: &Rig, session: &Session) -> Identity {
        rig.auth.authenticate_token(session.token.expose()).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_new_password_keeps_this_token_and_refuses_all_others() {
        let rig = Rig::new().await;
        let first = factories::user(&*rig.auth).email("ann@example.com").create().await;
        let again = factories::credentials("ann@example.com", factories::PASSWORD);
        let second = rig.auth.sign_in(again, HERE).await.unwrap();
        let me = identity(&rig, &first).await;
        let mut told = rig.broker.subscribe().await.unwrap();

        let new = change(None, Some("another password"), factories::PASSWORD);
        rig.auth.update_user(me, new, HERE).await.unwrap();

        identity(&rig, &first).await;
        let refused = rig.auth.authenticate_token(second.token.expose()).await;
        assert!(matches!(refused, Err(AuthError::TokenRevoked)));
        let kept = me.token.map(|token| token.id);
        let Some(Delivery::Control(Control::Revoked { user_id, tokens })) = told.deliveries.next().await
        else {
            panic!("the others are told");
        };
        assert_eq!((user_id, tokens), (me.user_id, RevokedTokens::AllBut(kept)));

        let old = factories::credentials("ann@example.com", factories::PASSWORD);
        assert!(matches!(rig.auth.sign_in(old, HERE).await, Err(AuthError::WrongCredentials)));
        let new = factories::credentials("ann@example.com", "another password");
        let third = rig.auth.sign_in(new, HERE).await.unwrap();
        let me = identity(&rig, &third).await;
        let newest = change(None, Some("a third password"), "another password");
        rig.auth.update_user(me, newest, HERE).await.unwrap();
        let refused = rig.auth.authenticate_token(first.token.expose()).await;
        assert!(matches!(refused, Err(AuthError::TokenRevoked)), "kept once is not kept for ever");
        identity(&rig, &third).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_new_name_refuses_no_token() {
        let rig = Rig::new().await;
        let session = factories::user(&*rig.auth).create().await;
        let me = identity(&rig, &session).await;
        let user = rig.auth.update_user(me, change(Some("Bea"), None, factories::PASSWORD), HERE).await;
        assert_eq!(user.unwrap().name, "Bea");
        assert_eq!(rig.auth.show_user(me.user_id).await.unwrap().name, "Bea");
        identity(&rig, &session).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_broken_rule_is_told_at_once() {
        let rig = Rig::new().await;
        let me = identity(&rig, &factories::user(&*rig.auth).create().await).await;
        let answer = rig.auth.update_user(me, change(Some(""), Some("short"), ""), HERE).await;
        assert_eq!(
            broken(answer),
            [("name", Rule::Blank), ("password", Rule::TooShort), ("current_password", Rule::Blank)]
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_has_a_token_can_not_guess_at_the_password() {
        let rig = Rig::new().await;
        let me = identity(&rig, &factories::user(&*rig.auth).create().await).await;
        for _ in 0..10 {
            let answer = rig.auth.update_user(me, change(Some("Bea"), None, "a guess"), HERE).await;
            assert_eq!(broken(answer), [("current_password", Rule::Format)]);
        }
        let right = || change(Some("Bea"), None, factories::PASSWORD);
        let refused = rig.auth.update_user(me, right(), HERE).await;
        assert!(matches!(refused, Err(AuthError::RateLimited { .. })));
        rig.auth.update_user(me, right(), ELSEWHERE).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_two_changes_decided_at_the_same_time_one_is_made() {
        let rig = Rig::new().await;
        let me = identity(&rig, &factories::user(&*rig.auth).email("ann@example.com").create().await).await;
        let new = |password| change(None, Some(password), factories::PASSWORD);
        let (one, two) = tokio::join!(
            rig.auth.update_user(me, new("the first password"), HERE),
            rig.auth.update_user(me, new("the second password"), HERE),
        );
        let made = [one.is_ok(), two.is_ok()];
        let works = ["the first password", "the second password"]
            .map(|password| rig.auth.sign_in(factories::credentials("ann@example.com", password), HERE));
        let [first, second] = works;
        assert_eq!([first.await.is_ok(), second.await.is_ok()], made);
        assert_eq!(made.iter().filter(|made| **made).count(), 1);
    }
}
