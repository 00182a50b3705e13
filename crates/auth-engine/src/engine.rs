//! The engine: each method of [`Authentication`] calls one service.

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;
use database::StoreError;
use engine_interfaces::{
    Accounts, AuthError, Authentication, BoxError, Broker, Clock, Contact, Contacts, Credentials, Export,
    ExportId, Guests, Identity, PersonalData, ProfileChange, Registration, Secret, Session, Token, TokenId,
    User, UserId, UserName, Worker,
};

use crate::{
    Keys, PruneExports, PruneRevocations, Settings,
    accounts::{self, EraseAccount, EraseGuest, ExportAccount, Holders},
    attempts::Attempts,
    password::Passwords,
    registrations,
    revocations::{Revocations, Watch},
    sessions::{self, Verified, Verifier},
    store::{Store, email_key},
    token::Tokens,
};

/// Users, passwords and tokens. Ends its tasks when it is dropped.
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// # use auth_engine::{Store, SystemClock};
/// use auth_engine::{Authentication, factories};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let store = Store::sqlite(folder.path().join("auth.db"))?;
/// # store.migrate().await?;
/// # let (auth, _broker) = factories::engine(store, Arc::new(SystemClock)).await;
/// let ann = factories::user(&*auth).email("ann@example.com").create().await; // in a test; else sign_up
/// let from = "192.0.2.1".parse()?;
/// let credentials = factories::credentials("ann@example.com", factories::PASSWORD);
/// let session = auth.sign_in(credentials, from).await?;
/// let caller = auth.authenticate_token(session.token.expose()).await?;
/// assert_eq!(caller.user_id, ann.user.id);
/// # Ok(()) }
/// ```
pub struct AuthEngine {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) tokens: Tokens,
    pub(crate) attempts: Attempts,
    pub(crate) revocations: Arc<Revocations>,
    pub(crate) verifier: Verifier,
    pub(crate) verified: Verified,
    _watch: Watch,
}

/// Why the engine does not start.
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// # use auth_engine::{Store, SystemClock};
/// # use broker::LocalBroker;
/// use auth_engine::{AuthEngine, Settings, StartError, factories};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let store = Store::sqlite(folder.path().join("auth.db"))?;
/// # store.migrate().await?;
/// # let (broker, clock) = (Arc::new(LocalBroker::default()), Arc::new(SystemClock));
/// let settings = Settings { bcrypt_cost: 3, ..Settings::default() };
/// let started = AuthEngine::new(store, broker, clock, factories::keys(), settings).await;
/// assert!(matches!(started, Err(StartError::BcryptCost(3))));
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Stored passwords need a key that is not among those given: it is missing, or the wrong one.
    #[error("stored passwords need the password key {id}, which is not configured")]
    PasswordKey {
        /// The id of the key that they need.
        id: String,
    },
    /// bcrypt knows no such cost.
    #[error("bcrypt's cost is 4 to 31, not {0}")]
    BcryptCost(u32),
    /// The store failed.
    #[error("the store of users is unavailable")]
    Store(#[from] StoreError),
}

impl AuthEngine {
    /// Starts an engine over a migrated store: checks that the stored passwords can be verified, and reads
    /// what is revoked.
    ///
    /// # Errors
    /// See [`StartError`].
    ///
    /// # Example
    /// ```
    /// use std::sync::Arc;
    ///
    /// use auth_engine::{
    ///     AuthEngine, Authentication, Keys, PasswordKey, PasswordKeys, Settings, SigningKey, Store, SystemClock, TokenKeys,
    /// };
    /// use broker::LocalBroker;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// store.migrate().await?;
    /// let keys = Keys {
    ///     tokens: TokenKeys::new(SigningKey::hs256(&"at least 32 bytes, kept for yourself".into())?),
    ///     passwords: PasswordKeys::new(PasswordKey::new(&"another 32 bytes, never to be lost".into())?),
    /// };
    /// let (broker, clock) = (Arc::new(LocalBroker::default()), Arc::new(SystemClock));
    /// let auth = AuthEngine::new(store, broker, clock, keys, Settings::default()).await?;
    /// auth.ready().await?;
    /// # Ok(()) }
    /// ```
    pub async fn new(
        store: Store,
        broker: Arc<dyn Broker>,
        clock: Arc<dyn Clock>,
        keys: Keys,
        settings: Settings,
    ) -> Result<Arc<Self>, StartError> {
        if !(4..=31).contains(&settings.bcrypt_cost) {
            return Err(StartError::BcryptCost(settings.bcrypt_cost));
        }
        for id in store.password_key_ids().await? {
            if keys.passwords.find(&id).is_none() {
                return Err(StartError::PasswordKey { id });
            }
        }
        let passwords = Arc::new(Passwords::new(keys.passwords, &settings));
        let attempts = Attempts::new(store.clone(), Arc::clone(&clock), settings.clone());
        let revocations =
            Revocations::load(store.clone(), broker, Arc::clone(&clock), settings.clone()).await?;
        Ok(Arc::new(Self {
            verifier: Verifier::new(store.clone(), Arc::clone(&passwords), attempts.clone()),
            verified: Verified::new(&settings),
            tokens: Tokens::new(keys.tokens, Arc::clone(&clock), settings.clone()),
            _watch: Watch::start(&revocations),
            store,
            clock,
            settings,
            passwords,
            attempts,
            revocations,
        }))
    }

    /// Who does this engine's jobs. `holders` are those who hold something else of users: what is exported and
    /// erased beside the account, in that order.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock};
    /// use auth_engine::{PruneRevocations, factories};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store, Arc::new(SystemClock)).await;
    /// let holders = Vec::new(); // what your engines hold of users: each a PersonalData
    /// let workers = auth.workers(holders);
    /// assert!(workers.iter().any(|worker| worker.kind() == PruneRevocations::KIND));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn workers(&self, holders: Vec<Arc<dyn PersonalData>>) -> Vec<Arc<dyn Worker>> {
        let holders: Holders = holders.into();
        vec![
            Arc::new(PruneRevocations::new(
                self.store.clone(),
                self.attempts.clone(),
                Arc::clone(&self.clock),
                self.settings.leeway,
            )),
            Arc::new(PruneExports::new(self)),
            Arc::new(ExportAccount::new(self, Arc::clone(&holders))),
            Arc::new(EraseAccount::new(self, holders)),
            Arc::new(EraseGuest::new(self)),
        ]
    }
}

pub(crate) fn unavailable(error: impl Into<BoxError>) -> AuthError {
    AuthError::Unavailable(error.into())
}

#[async_trait]
impl Authentication for AuthEngine {
    async fn sign_up(&self, registration: Registration, from: IpAddr) -> Result<Session, AuthError> {
        registrations::CreateService::new(self).call(registration, from).await
    }

    async fn sign_up_guest(&self, from: IpAddr) -> Result<Session, AuthError> {
        registrations::GuestService::new(self).call(from).await
    }

    async fn sign_in(&self, credentials: Credentials, from: IpAddr) -> Result<Session, AuthError> {
        sessions::CreateService::new(self).call(credentials, from).await
    }

    async fn sign_out(&self, token: Token) -> Result<(), AuthError> {
        sessions::DestroyService::new(self).call(token).await
    }

    async fn authenticate_token(&self, token: &str) -> Result<Identity, AuthError> {
        sessions::AuthenticateService::new(self).token(token)
    }

    async fn authenticate_password(
        &self,
        credentials: Credentials,
        from: IpAddr,
    ) -> Result<Identity, AuthError> {
        sessions::AuthenticateService::new(self).password(credentials, from).await
    }

    async fn show_user(&self, user: UserId) -> Result<User, AuthError> {
        let account = self.store.find_account(user).await.map_err(unavailable)?;
        // An account that ended a moment ago took its tokens with it.
        account.map(|account| account.user).ok_or(AuthError::TokenRevoked)
    }

    async fn update_user(
        &self,
        identity: Identity,
        change: ProfileChange,
        from: IpAddr,
    ) -> Result<User, AuthError> {
        registrations::UpdateService::new(self).call(identity, change, from).await
    }

    async fn user_names(&self, users: &[UserId]) -> Result<Vec<UserName>, AuthError> {
        self.store.user_names(users).await.map_err(unavailable)
    }

    async fn find_user(&self, email: &Secret) -> Result<Option<UserId>, AuthError> {
        let account = self.store.find_account_by_email(&email_key(email)).await;
        Ok(account.map_err(unavailable)?.map(|account| account.user.id))
    }

    async fn revoked_tokens(&self, tokens: &[Token]) -> Result<Vec<TokenId>, AuthError> {
        self.store.revoked_among(tokens).await.map_err(unavailable)
    }

    async fn ready(&self) -> Result<(), AuthError> {
        self.store.database().ready().await.map_err(unavailable)
    }
}

#[async_trait]
impl Guests for AuthEngine {
    async fn guests_among(&self, users: &[UserId]) -> Result<Vec<UserId>, AuthError> {
        let lasting = self.store.lasting_among(users).await.map_err(unavailable)?;
        Ok(users.iter().copied().filter(|user| !lasting.contains(user)).collect())
    }
}

#[async_trait]
impl Contacts for AuthEngine {
    async fn contacts(&self, users: &[UserId]) -> Result<Vec<Contact>, AuthError> {
        self.store.contacts(users).await.map_err(unavailable)
    }
}

#[async_trait]
impl Accounts for AuthEngine {
    async fn erase_account(
        &self,
        identity: Identity,
        current_password: Option<Secret>,
        from: IpAddr,
    ) -> Result<(), AuthError> {
        accounts::EraseService::new(self).call(identity, current_password.as_ref(), from).await
    }

    async fn request_export(&self, user: UserId) -> Result<Export, AuthError> {
        accounts::RequestExportService::new(self).call(user).await
    }

    async fn show_export(&self, user: UserId, export: ExportId) -> Result<Export, AuthError> {
        let found = self.store.find_export(user, export, self.clock.now()).await.map_err(unavailable)?;
        found.ok_or(AuthError::ExportNotFound)
    }

    async fn read_archive(
        &self,
        user: UserId,
        export: ExportId,
        number: u32,
    ) -> Result<Option<Vec<u8>>, AuthError> {
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        self.store.read_part(user, export, number, self.clock.now()).await.map_err(unavailable)
    }
}
