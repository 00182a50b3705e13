//! What an administrator may do, beside everybody's [`Authentication`](crate::Authentication). Nobody's
//! limits apply, and sign-up may be closed.

use engine_interfaces::{AuthError, Limit, Registration, Secret, Timestamp, User, UserId};

use crate::{
    AuthEngine,
    engine::unavailable,
    registrations::{insert, new_account, refuse_all_but, register},
    rules::Violations,
    store::{Account, AccountChange},
};

/// A user, as an administrator sees them.
///
/// # Example
/// ```
/// use auth_engine::ListedUser;
///
/// /// Who could sign in: a guest has no password to do it with.
/// fn active(listed: &[ListedUser]) -> usize {
///     listed.iter().filter(|one| one.disabled_at.is_none() && !one.user.guest).count()
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUser {
    /// The user.
    pub user: User,
    /// Since when they can't sign in.
    pub disabled_at: Option<Timestamp>,
}

/// Accounts stored in one transaction.
const ACCOUNTS_PER_TRANSACTION: usize = 1_000;

impl AuthEngine {
    /// Users in the order in which they signed up, after `after`.
    ///
    /// # Errors
    /// When the store fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock};
    /// use auth_engine::{factories};
    /// use engine_interfaces::{Limit};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store, Arc::new(SystemClock)).await;
    /// factories::user(&*auth).create().await;
    /// let (mut users, mut after) = (0, None);
    /// loop {
    ///     let page = auth.list_users(after, Limit::default()).await?;
    ///     let Some(last) = page.last() else { break };
    ///     users += page.len();
    ///     after = Some(last.user.id);
    /// }
    /// assert_eq!(users, 1);
    /// # Ok(()) }
    /// ```
    pub async fn list_users(
        &self,
        after: Option<UserId>,
        limit: Limit,
    ) -> Result<Vec<ListedUser>, AuthError> {
        let accounts = self.store.list_accounts(after, limit).await.map_err(unavailable)?;
        let listed = accounts
            .into_iter()
            .map(|account| ListedUser { user: account.user, disabled_at: account.disabled_at });
        Ok(listed.collect())
    }

    /// Makes an account, by the rules of a sign-up.
    ///
    /// # Errors
    /// When the input breaks rules, and when the store fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock};
    /// use auth_engine::{Authentication, Registration, Secret, factories};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store, Arc::new(SystemClock)).await;
    /// let (email, password) = (Secret::new("ann@example.com"), Secret::new("a password of hers"));
    /// let ann = auth.create_user(Registration { name: "Ann".into(), email, password }).await?;
    /// assert_eq!(auth.find_user(&Secret::new("ANN@example.com")).await?, Some(ann.id));
    /// # Ok(()) }
    /// ```
    pub async fn create_user(&self, registration: Registration) -> Result<User, AuthError> {
        Violations::of_registration(&registration).check()?;
        register(self, registration).await.map(|account| account.user)
    }

    /// Makes many accounts with one password, which is hashed once: for seeds and imports. `people` are
    /// names and addresses. Stored a thousand at a time; a thousand is stored whole or not at all.
    ///
    /// # Errors
    /// As [`AuthEngine::create_user`]; nothing is stored when the input breaks rules.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock};
    /// use auth_engine::{Secret, factories};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store, Arc::new(SystemClock)).await;
    /// let people = ["ann", "bob"].map(|name| (name.to_owned(), Secret::new(format!("{name}@example.com"))));
    /// let made = auth.create_users(people.into(), &Secret::new("a password for all")).await?;
    /// assert_eq!(made.len(), 2);
    /// # Ok(()) }
    /// ```
    pub async fn create_users(
        &self,
        people: Vec<(String, Secret)>,
        password: &Secret,
    ) -> Result<Vec<User>, AuthError> {
        let mut violations = Violations::default();
        violations.password(password);
        for (name, email) in &people {
            violations.name(name);
            violations.email(email);
        }
        violations.check()?;
        let hash = self.passwords.hash(password).await?;
        let accounts: Vec<_> = people
            .into_iter()
            .map(|(name, email)| {
                let password = password.clone();
                new_account(self, Registration { name, email, password }, hash.clone())
            })
            .collect();
        for some in accounts.chunks(ACCOUNTS_PER_TRANSACTION) {
            insert(self, some.to_vec()).await?;
        }
        Ok(accounts.into_iter().map(|account| account.user).collect())
    }

    /// Gives a user a new password, and revokes all their tokens.
    ///
    /// # Errors
    /// When there is no such user, when the password breaks rules, and when the store fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock};
    /// use auth_engine::{AuthError, Authentication, Secret, factories};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store, Arc::new(SystemClock)).await;
    /// let ann = factories::user(&*auth).create().await;
    /// auth.set_password(ann.user.id, &Secret::new("another password")).await?;
    /// let old = auth.authenticate_token(ann.token.expose()).await;
    /// assert!(matches!(old, Err(AuthError::TokenRevoked)));
    /// # Ok(()) }
    /// ```
    pub async fn set_password(&self, user: UserId, password: &Secret) -> Result<(), AuthError> {
        let mut violations = Violations::default();
        violations.password(password);
        violations.check()?;
        let hash = self.passwords.hash(password).await?;
        self.change(user, |change| change.password = Some(hash.clone())).await
    }

    /// Lets a user sign in no more, and revokes all their tokens.
    ///
    /// # Errors
    /// When there is no such user, and when the store fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock};
    /// use auth_engine::{factories};
    /// use engine_interfaces::{Limit};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store, Arc::new(SystemClock)).await;
    /// let ann = factories::user(&*auth).create().await;
    /// auth.disable_user(ann.user.id).await?;
    /// let listed = auth.list_users(None, Limit::default()).await?;
    /// assert!(listed[0].disabled_at.is_some());
    /// # Ok(()) }
    /// ```
    pub async fn disable_user(&self, user: UserId) -> Result<(), AuthError> {
        self.change(user, |change| change.disable = true).await
    }

    /// Changes an account and refuses all its tokens, whatever else happens to it at the same time.
    async fn change(&self, user: UserId, set: impl Fn(&mut AccountChange)) -> Result<(), AuthError> {
        loop {
            let account = self.store.find_account(user).await.map_err(unavailable)?;
            let mut change = self.refusing(&account.ok_or(AuthError::UserNotFound)?);
            set(&mut change);
            if self.revocations.change_account(change).await.map_err(unavailable)? {
                return Ok(());
            }
        }
    }

    fn refusing(&self, account: &Account) -> AccountChange {
        AccountChange {
            user_id: account.user.id,
            seen_generation: account.token_generation,
            at: self.clock.now(),
            name: None,
            password: None,
            disable: false,
            refusal: Some(refuse_all_but(&*self.clock, &self.settings, account, None)),
        }
    }
}

#[cfg(test)]
mod tests {
    use engine_interfaces::{Authentication, Clock, Rule};

    use super::*;
    use crate::{
        factories,
        support::{HERE, Rig, broken},
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn a_disabled_user_is_out_and_stays_out() {
        let rig = Rig::new().await;
        let session = factories::user(&*rig.auth).email("ann@example.com").create().await;
        let credentials = || factories::credentials("ann@example.com", factories::PASSWORD);
        rig.auth.authenticate_password(credentials(), HERE).await.unwrap();

        rig.auth.disable_user(session.user.id).await.unwrap();

        let token = rig.auth.authenticate_token(session.token.expose()).await;
        assert!(matches!(token, Err(AuthError::TokenRevoked)));
        let sign_in = rig.auth.sign_in(credentials(), HERE).await;
        assert!(matches!(sign_in, Err(AuthError::WrongCredentials)));
        let basic = rig.auth.authenticate_password(credentials(), HERE).await;
        assert!(matches!(basic, Err(AuthError::WrongCredentials)));
        let listed = rig.auth.list_users(None, Limit::default()).await.unwrap();
        assert_eq!(listed[0].disabled_at, Some(rig.clock.now()));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_password_set_by_an_administrator_refuses_every_token() {
        let rig = Rig::new().await;
        let session = factories::user(&*rig.auth).email("ann@example.com").create().await;
        let new = Secret::new("another password");
        rig.auth.set_password(session.user.id, &new).await.unwrap();
        let token = rig.auth.authenticate_token(session.token.expose()).await;
        assert!(matches!(token, Err(AuthError::TokenRevoked)));
        let credentials = factories::credentials("ann@example.com", new.expose());
        rig.auth.sign_in(credentials, HERE).await.unwrap();

        let common = rig.auth.set_password(session.user.id, &Secret::new("password")).await;
        assert_eq!(broken(common), [("password", Rule::Common)]);
        let nobody = rig.auth.set_password(UserId::from_name("nobody"), &new).await;
        assert!(matches!(nobody, Err(AuthError::UserNotFound)));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_users_share_one_hash_and_are_listed_in_pages() {
        let rig = Rig::new().await;
        let people = |range: std::ops::Range<u32>| {
            range
                .map(|n| (format!("User {n}"), Secret::new(format!("user{n}@seed.example"))))
                .collect::<Vec<_>>()
        };
        let password = Secret::new(factories::PASSWORD);
        let made = rig.auth.create_users(people(0..1_005), &password).await.unwrap();
        let last = factories::credentials("user1004@seed.example", factories::PASSWORD);
        rig.auth.sign_in(last, HERE).await.unwrap();

        let mut seen = Vec::new();
        let limit = Limit::page(100).unwrap();
        loop {
            let page = rig.auth.list_users(seen.last().copied(), limit).await.unwrap();
            if page.is_empty() {
                break;
            }
            seen.extend(page.into_iter().map(|listed| listed.user.id));
        }
        assert_eq!(seen.len(), made.len());
        assert!(seen.is_sorted());
        let taken = rig.auth.create_users(people(1_004..1_006), &password).await;
        assert_eq!(broken(taken), [("email", Rule::Taken)]);
        let new = rig.auth.find_user(&Secret::new("user1005@seed.example")).await.unwrap();
        assert_eq!(new, None, "all or none");
    }
}
