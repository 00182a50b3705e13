//! What the rest of the system may ask of authentication.

use std::{net::IpAddr, time::Duration};

use async_trait::async_trait;

use crate::{BoxError, Secret, Timestamp, TokenId, User, UserId, UserName, Violation};

/// Who wants an account.
///
/// # Example
/// ```
/// use engine_interfaces::{Registration, Secret};
///
/// let (email, password) = (Secret::new("ann@example.com"), Secret::new("a password of hers"));
/// let logged = format!("{:?}", Registration { name: "Ann".into(), email, password });
/// assert!(!logged.contains("ann@example.com") && !logged.contains("a password of hers"));
/// ```
#[derive(Debug, Clone)]
pub struct Registration {
    /// Shown to others; 1 to 100 characters.
    pub name: String,
    /// The address to sign in with; unique without regard to case.
    pub email: Secret,
    /// 8 to 256 characters.
    pub password: Secret,
}

/// What somebody signs in with.
///
/// # Example
/// ```
/// use engine_interfaces::{Credentials, Secret};
///
/// // As HTTP's Basic has it, where only the password may have colons.
/// let (email, password) = "ann@example.com:a password: hers".split_once(':').unwrap();
/// let shown = Credentials { email: Secret::new(email), password: Secret::new(password) };
/// assert_eq!(shown.password.expose(), "a password: hers");
/// ```
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The address.
    pub email: Secret,
    /// The password.
    pub password: Secret,
}

/// A user has signed in.
///
/// # Example
/// ```
/// use engine_interfaces::Session;
///
/// /// The header that the user shows until the session's `expires_at`.
/// fn authorization(session: &Session) -> String {
///     format!("Bearer {}", session.token.expose()) // for nobody else
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Session {
    /// Who.
    pub user: User,
    /// The bearer token.
    pub token: Secret,
    /// When the token ends.
    pub expires_at: Timestamp,
}

/// Who is calling.
///
/// # Example
/// ```
/// use engine_interfaces::{Identity, Token};
///
/// /// Who showed a token that is good.
/// fn caller(token: Token) -> Identity {
///     Identity { user_id: token.user_id, token: Some(token) }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user_id: UserId,
    /// The token that they showed; none when they showed a password.
    pub token: Option<Token>,
}

/// What a checked token says.
///
/// # Example
/// ```
/// use engine_interfaces::{Timestamp, Token};
///
/// /// Whether it is good in the generation that its user is in by now, unless it was signed out.
/// fn is_good(token: &Token, generation: i32, now: Timestamp) -> bool {
///     token.generation >= generation && now < token.expires_at
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// Whose it is.
    pub user_id: UserId,
    /// A user's tokens of an older generation are revoked.
    pub generation: i32,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What a user changes about themselves.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(auth: &dyn Authentication, from: std::net::IpAddr, caller: Identity) -> Result<(), AuthError> {
/// let current_password = Secret::new("a password of hers"); // asked for whatever changes
/// let rename = ProfileChange { name: Some("Anna".into()), password: None, current_password };
/// assert_eq!(auth.update_user(caller, rename, from).await?.name, "Anna");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct ProfileChange {
    /// The new name.
    pub name: Option<String>,
    /// The new password: all other tokens of the user are revoked.
    pub password: Option<Secret>,
    /// Proves that the user is at the keys.
    pub current_password: Secret,
}

/// Why authentication refused.
///
/// # Example
/// ```
/// use std::time::Duration;
///
/// use engine_interfaces::{AuthError, ErrorCode};
///
/// let error = AuthError::RateLimited { retry_after: Duration::from_secs(30) };
/// assert_eq!(error.to_string(), "too many attempts");
/// assert_eq!(ErrorCode::from(&error).status(), 429);
/// if let AuthError::RateLimited { retry_after } = error {
///     println!("again in {} seconds", retry_after.as_secs());
/// }
/// ```
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Wrong address or password; the same answer for both, at the same cost.
    #[error("the credentials are wrong")]
    WrongCredentials,
    /// Not a token of ours.
    #[error("the token is invalid")]
    TokenInvalid,
    /// Its time is over.
    #[error("the token has expired")]
    TokenExpired,
    /// Signed out, or refused with all others.
    #[error("the token was revoked")]
    TokenRevoked,
    /// Nobody can sign up here.
    #[error("sign-up is closed")]
    SignUpClosed,
    /// There are no guests here.
    #[error("there are no guests here")]
    GuestsOff,
    /// A guest, and not for guests: they have no password to prove themselves by.
    #[error("not for guests")]
    NotForGuests,
    /// Who is no guest proves themselves by their password, and showed none.
    #[error("the password is missing")]
    PasswordMissing,
    /// No such user.
    #[error("the user was not found")]
    UserNotFound,
    /// No such export of this user, or no archive of it.
    #[error("the export was not found")]
    ExportNotFound,
    /// Too many attempts.
    #[error("too many attempts")]
    RateLimited {
        /// When to try again.
        retry_after: Duration,
    },
    /// The input breaks rules.
    #[error("invalid")]
    Invalid(Vec<Violation>),
    /// The queue for password hashing is full.
    #[error("authentication is busy")]
    Busy,
    /// The store failed.
    #[error("authentication is unavailable")]
    Unavailable(#[source] BoxError),
}

/// What the rest of the system may ask of authentication.
///
/// `from` is the caller's address: failed attempts are counted by it.
///
/// # Example
/// ```
/// use engine_interfaces::{AuthError, Authentication, Identity};
///
/// /// Who shows this token; nobody, where it is good no more or never was.
/// async fn caller(auth: &impl Authentication, bearer: &str) -> Result<Option<Identity>, AuthError> {
///     match auth.authenticate_token(bearer).await {
///         Ok(caller) => Ok(Some(caller)),
///         Err(AuthError::TokenInvalid | AuthError::TokenExpired | AuthError::TokenRevoked) => Ok(None),
///         Err(error) => Err(error), // says nothing about the token
///     }
/// }
/// ```
#[async_trait]
pub trait Authentication: Send + Sync {
    /// Creates a user and signs them in.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(auth: &dyn Authentication, from: std::net::IpAddr) -> Result<(), AuthError> {
    /// let (email, password) = (Secret::new("ann@example.com"), Secret::new("a password of hers"));
    /// match auth.sign_up(Registration { name: "Ann".into(), email, password }, from).await {
    ///     Ok(session) => println!("{} has a token until {}", session.user.name, session.expires_at),
    ///     Err(AuthError::Invalid(violations)) => println!("every broken rule: {violations:?}"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(()) }
    /// ```
    async fn sign_up(&self, registration: Registration, from: IpAddr) -> Result<Session, AuthError>;

    /// Creates a throw-away account under a made-up name, and signs it in. Its end is settled with it: as if its user
    /// asked for it, see [`Accounts::erase_account`](crate::Accounts::erase_account).
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(auth: &dyn Authentication, from: std::net::IpAddr) -> Result<(), AuthError> {
    /// let session = auth.sign_up_guest(from).await?;
    /// assert!(session.user.guest && session.user.email.is_none());
    /// # Ok(()) }
    /// ```
    async fn sign_up_guest(&self, from: IpAddr) -> Result<Session, AuthError>;

    /// Checks a password and gives a token.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(auth: &dyn Authentication, from: std::net::IpAddr) -> Result<(), AuthError> {
    /// let (email, password) = (Secret::new("ann@example.com"), Secret::new("a password of hers"));
    /// match auth.sign_in(Credentials { email, password }, from).await {
    ///     Ok(session) => println!("show {:?} with each request", session.token),
    ///     Err(AuthError::RateLimited { retry_after }) => println!("in {retry_after:?}"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(()) }
    /// ```
    async fn sign_in(&self, credentials: Credentials, from: IpAddr) -> Result<Session, AuthError>;

    /// Revokes a token: at once in this process, within a second in the others. Idempotent.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(auth: &dyn Authentication, from: std::net::IpAddr, session: Session) -> Result<(), AuthError> {
    /// let caller = auth.authenticate_token(session.token.expose()).await?;
    /// if let Some(token) = caller.token {
    ///     auth.sign_out(token).await?;
    /// }
    /// # Ok(()) }
    /// ```
    async fn sign_out(&self, token: Token) -> Result<(), AuthError>;

    /// Who shows this token? Reads no store.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(auth: &dyn Authentication, from: std::net::IpAddr, bearer: &str) -> Result<(), AuthError> {
    /// match auth.authenticate_token(bearer).await {
    ///     Ok(caller) => println!("it is {}", caller.user_id),
    ///     Err(AuthError::TokenExpired | AuthError::TokenRevoked) => println!("sign in again"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(()) }
    /// ```
    async fn authenticate_token(&self, token: &str) -> Result<Identity, AuthError>;

    /// Who shows this password? Costs a password hash unless the same one was right a moment ago.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(auth: &dyn Authentication, from: std::net::IpAddr, shown: Credentials) -> Result<(), AuthError> {
    /// let caller = auth.authenticate_password(shown, from).await?;
    /// assert!(caller.token.is_none(), "there is nothing to sign out");
    /// # Ok(()) }
    /// ```
    async fn authenticate_password(
        &self,
        credentials: Credentials,
        from: IpAddr,
    ) -> Result<Identity, AuthError>;

    /// A user, for themselves.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(auth: &dyn Authentication, from: std::net::IpAddr, caller: Identity) -> Result<(), AuthError> {
    /// println!("Hello, {}", auth.show_user(caller.user_id).await?.name);
    /// # Ok(()) }
    /// ```
    async fn show_user(&self, user: UserId) -> Result<User, AuthError>;

    /// Changes name or password. A new password revokes every other token of the user.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(auth: &dyn Authentication, from: std::net::IpAddr, caller: Identity) -> Result<(), AuthError> {
    /// let change = ProfileChange {
    ///     name: None,
    ///     password: Some(Secret::new("another password of hers")),
    ///     current_password: Secret::new("a password of hers"),
    /// };
    /// auth.update_user(caller, change, from).await?; // her other devices sign in again
    /// # Ok(()) }
    /// ```
    async fn update_user(
        &self,
        identity: Identity,
        change: ProfileChange,
        from: IpAddr,
    ) -> Result<User, AuthError>;

    /// The names of those of `users` that exist, in no order. At most 100 at a time.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(auth: &dyn Authentication, from: std::net::IpAddr, authors: &[UserId]) -> Result<(), AuthError> {
    /// for some in authors.chunks(100) {
    ///     for UserName { id, name } in auth.user_names(some).await? {
    ///         println!("{id} is {name}");
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    async fn user_names(&self, users: &[UserId]) -> Result<Vec<UserName>, AuthError>;

    /// Who has this address, in any case of its letters.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(auth: &dyn Authentication, from: std::net::IpAddr) -> Result<(), AuthError> {
    /// let ann = auth.find_user(&Secret::new("Ann@Example.com")).await?;
    /// # Ok(()) }
    /// ```
    async fn find_user(&self, email: &Secret) -> Result<Option<UserId>, AuthError>;

    /// Those of `tokens` that are revoked, according to the store.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(auth: &dyn Authentication, from: std::net::IpAddr, shown: Vec<Token>) -> Result<(), AuthError> {
    /// let revoked = auth.revoked_tokens(&shown).await?;
    /// let good = shown.iter().filter(|token| !revoked.contains(&token.id));
    /// # Ok(()) }
    /// ```
    async fn revoked_tokens(&self, tokens: &[Token]) -> Result<Vec<TokenId>, AuthError>;

    /// Does the store answer?
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(auth: &dyn Authentication, from: std::net::IpAddr) -> Result<(), AuthError> {
    /// auth.ready().await?;
    /// # Ok(()) }
    /// ```
    async fn ready(&self) -> Result<(), AuthError>;
}
