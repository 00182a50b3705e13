//! Checks an address and a password: what signing in, HTTP Basic and a change of the password share.

use std::{net::IpAddr, sync::Arc};

use database::detached;
use engine_interfaces::{AuthError, Credentials};

use crate::{
    attempts::{Attempt, Attempts, Network},
    engine::unavailable,
    password::Passwords,
    store::{Account, Store, email_key},
};

/// Checks an address and a password.
#[derive(Clone)]
pub(crate) struct Verifier {
    store: Store,
    passwords: Arc<Passwords>,
    attempts: Attempts,
}

impl Verifier {
    pub(crate) fn new(store: Store, passwords: Arc<Passwords>, attempts: Attempts) -> Self {
        Self { store, passwords, attempts }
    }

    /// The account, when the password is its own. An unknown address, a disabled account and a wrong
    /// password are one answer, at the cost of one bcrypt.
    ///
    /// Runs as a task of its own: whoever hangs up before the answer has tried all the same.
    pub(crate) async fn call(&self, credentials: Credentials, from: IpAddr) -> Result<Account, AuthError> {
        let this = self.clone();
        detached(async move { this.verify(credentials, from).await }).await
    }

    async fn verify(&self, credentials: Credentials, from: IpAddr) -> Result<Account, AuthError> {
        let email_key = email_key(&credentials.email);
        let keys = self.passwords.keys();
        let attempt = Attempt {
            email_hash: keys.active().keyed("address", &[&email_key]).to_vec(),
            network: Network::of(from),
        };
        self.attempts.check(&attempt).await?;
        let account = self.store.find_account_by_email(&email_key).await.map_err(unavailable)?;
        let account = account.filter(|account| account.disabled_at.is_none());
        let stored = account.as_ref().and_then(|account| account.password.as_ref());
        let right = self.passwords.verify(&credentials.password, stored).await?;
        let Some(account) = account.filter(|_| right) else {
            self.attempts.failed(attempt).await?;
            return Err(AuthError::WrongCredentials);
        };
        // Guesses made at the same time may have used up the limit: then a right one tells nothing.
        self.attempts.check(&attempt).await?;
        self.attempts.succeeded(attempt).await?;
        self.renew(&account, &credentials).await?;
        Ok(account)
    }

    /// Moves a password to the active key and cost. While the queue is full it waits for another sign-in.
    async fn renew(&self, account: &Account, credentials: &Credentials) -> Result<(), AuthError> {
        let outdated = account.password.as_ref().filter(|stored| self.passwords.is_outdated(stored));
        let Some(old) = outdated else {
            return Ok(());
        };
        match self.passwords.hash(&credentials.password).await {
            Ok(new) => {
                let renewed = self.store.rehash(account.user.id, old.clone(), new).await;
                renewed.map_err(unavailable)
            }
            Err(AuthError::Busy) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use engine_interfaces::{AuthError, Authentication, Session};

    use crate::{
        Keys, PasswordKey, PasswordKeys, Settings, StartError, Store, factories,
        support::{ELSEWHERE, HERE, HashCount, NEXT_DOOR, Rig},
    };

    const ANN: &str = "ann@example.com";

    async fn sign_in(
        rig: &Rig,
        email: &str,
        password: &str,
        from: std::net::IpAddr,
    ) -> Result<Session, AuthError> {
        rig.auth.sign_in(factories::credentials(email, password), from).await
    }

    async fn with_ann(settings: Settings) -> Rig {
        let rig = Rig::with(settings).await;
        factories::user(&*rig.auth).email(ANN).create().await;
        rig
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_unknown_address_a_wrong_password_and_a_disabled_user_are_one_answer_at_one_hash() {
        let hashes = HashCount::default();
        let _listening = hashes.listen();
        let rig = with_ann(factories::settings()).await;
        let bob = factories::user(&*rig.auth).email("bob@example.com").create().await;
        rig.auth.disable_user(bob.user.id).await.unwrap();
        for (email, password) in [
            ("nobody@example.com", factories::PASSWORD),
            (ANN, "a wrong password"),
            ("bob@example.com", factories::PASSWORD),
        ] {
            let before = hashes.get();
            let answer = sign_in(&rig, email, password, HERE).await;
            assert!(matches!(answer, Err(AuthError::WrongCredentials)), "{email}");
            assert_eq!(hashes.get() - before, 1, "{email}");
        }
        let before = hashes.get();
        sign_in(&rig, ANN, factories::PASSWORD, HERE).await.unwrap();
        assert_eq!(hashes.get() - before, 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_address_is_guessed_at_only_so_often_from_one_network() {
        let hashes = HashCount::default();
        let _listening = hashes.listen();
        let rig = with_ann(factories::settings()).await;
        for from in [HERE, NEXT_DOOR].into_iter().cycle().take(10) {
            let answer = sign_in(&rig, "Ann@example.com", "a wrong password", from).await;
            assert!(matches!(answer, Err(AuthError::WrongCredentials)));
        }
        let before = hashes.get();
        let Err(AuthError::RateLimited { retry_after }) = sign_in(&rig, ANN, factories::PASSWORD, HERE).await
        else {
            panic!("limited");
        };
        assert_eq!(retry_after, Duration::from_secs(15 * 60));
        assert_eq!(hashes.get(), before, "a refusal costs no hash");
        sign_in(&rig, ANN, factories::PASSWORD, ELSEWHERE).await.unwrap();
        let other = sign_in(&rig, "bob@example.com", "a wrong password", HERE).await;
        assert!(matches!(other, Err(AuthError::WrongCredentials)), "another address is free");
        rig.clock.advance(retry_after);
        sign_in(&rig, ANN, factories::PASSWORD, HERE).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_success_clears_its_own_failures_and_nobody_elses() {
        let rig =
            with_ann(Settings { failures_per_address: 2, failures_per_network: 3, ..factories::settings() })
                .await;
        for email in [ANN, "bob@example.com"] {
            sign_in(&rig, email, "a wrong password", HERE).await.unwrap_err();
        }
        sign_in(&rig, ANN, factories::PASSWORD, HERE).await.unwrap();
        sign_in(&rig, ANN, "a wrong password", HERE).await.unwrap_err();
        sign_in(&rig, "bob@example.com", "a wrong password", HERE).await.unwrap_err();
        let answer = sign_in(&rig, ANN, factories::PASSWORD, HERE).await;
        assert!(matches!(answer, Err(AuthError::RateLimited { .. })), "the network's limit");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_network_guesses_at_all_addresses_together_only_so_often() {
        let rig = with_ann(Settings { failures_per_network: 5, ..factories::settings() }).await;
        for number in 0..5 {
            let email = format!("nobody{number}@example.com");
            sign_in(&rig, &email, "a wrong password", HERE).await.unwrap_err();
        }
        let basic = factories::credentials(ANN, factories::PASSWORD);
        let basic = rig.auth.authenticate_password(basic, NEXT_DOOR).await;
        assert!(matches!(basic, Err(AuthError::RateLimited { .. })));
        let up = factories::credentials("new@example.com", factories::PASSWORD);
        let up = engine_interfaces::Registration {
            name: "New".to_owned(),
            email: up.email,
            password: up.password,
        };
        assert!(matches!(rig.auth.sign_up(up, HERE).await, Err(AuthError::RateLimited { .. })));
        sign_in(&rig, ANN, factories::PASSWORD, ELSEWHERE).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn guesses_made_at_the_same_time_do_not_pass_the_limit() {
        let rig = with_ann(Settings {
            hash_threads: std::num::NonZeroUsize::MIN,
            failures_per_address: 3,
            ..factories::settings()
        })
        .await;
        let guesses: Vec<_> = (0..20)
            .map(|_| {
                let auth = rig.auth.clone();
                tokio::spawn(async move {
                    auth.sign_in(factories::credentials(ANN, "a wrong password"), HERE).await
                })
            })
            .collect();
        for guess in guesses {
            guess.await.unwrap().unwrap_err();
        }
        let right = sign_in(&rig, ANN, factories::PASSWORD, HERE).await;
        assert!(matches!(right, Err(AuthError::RateLimited { .. })));
    }

    fn password_key(letter: &str) -> PasswordKey {
        PasswordKey::new(&letter.repeat(32).into()).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_sign_in_moves_the_password_to_the_new_key() {
        let rig = with_ann(factories::settings()).await;
        let store = Store::over(rig.database.database());
        let old = factories::keys();
        let rotated = Keys {
            passwords: PasswordKeys::new(password_key("n")).accepting(old.passwords.active().clone()),
            ..old
        };
        let auth = rig.another(rotated).await.unwrap();
        let credentials = || factories::credentials(ANN, factories::PASSWORD);
        let session = auth.sign_in(credentials(), HERE).await.unwrap();
        assert_eq!(store.password_key_ids().await.unwrap(), [password_key("n").id()]);

        let without_the_old = Keys { passwords: PasswordKeys::new(password_key("n")), ..factories::keys() };
        let auth = rig.another(without_the_old).await.unwrap();
        auth.sign_in(credentials(), HERE).await.unwrap();
        auth.authenticate_token(session.token.expose()).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn without_the_key_of_a_stored_password_nothing_starts() {
        let rig = with_ann(factories::settings()).await;
        let wrong = Keys { passwords: PasswordKeys::new(password_key("w")), ..factories::keys() };
        let refused = rig.another(wrong).await;
        assert!(matches!(refused.err(), Some(StartError::PasswordKey { .. })));
    }
}
