//! What the rest of the system may ask of authentication.

use std::{fmt, net::IpAddr, time::Duration};

use async_trait::async_trait;

use crate::{BoxError, Timestamp, TokenId, UserId, Violation};

/// A text that no log and no error shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text. Say why at the call.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Who wants an account.
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
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The address.
    pub email: Secret,
    /// The password.
    pub password: Secret,
}

/// A user as they see themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Shown to others.
    pub name: String,
    /// Shown to nobody else. A guest has none.
    pub email: Option<Secret>,
    /// A throw-away account: without address and password, and gone after a while.
    pub guest: bool,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A user as others see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserName {
    /// Their id.
    pub id: UserId,
    /// Their name.
    pub name: String,
}

/// A user has signed in.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user_id: UserId,
    /// The token that they showed; none when they showed a password.
    pub token: Option<Token>,
}

/// What a checked token says.
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
#[async_trait]
pub trait Authentication: Send + Sync {
    /// Creates a user and signs them in.
    async fn sign_up(&self, registration: Registration, from: IpAddr) -> Result<Session, AuthError>;

    /// Creates a throw-away account under a made-up name, and signs it in. Its end is settled with it: as if its user
    /// asked for it, see [`Accounts::erase_account`](crate::Accounts::erase_account).
    async fn sign_up_guest(&self, from: IpAddr) -> Result<Session, AuthError>;

    /// Checks a password and gives a token.
    async fn sign_in(&self, credentials: Credentials, from: IpAddr) -> Result<Session, AuthError>;

    /// Revokes a token: at once in this process, within a second in the others. Idempotent.
    async fn sign_out(&self, token: Token) -> Result<(), AuthError>;

    /// Who shows this token? Reads no store.
    async fn authenticate_token(&self, token: &str) -> Result<Identity, AuthError>;

    /// Who shows this password? Costs a password hash unless the same one was right a moment ago.
    async fn authenticate_password(
        &self,
        credentials: Credentials,
        from: IpAddr,
    ) -> Result<Identity, AuthError>;

    /// A user, for themselves.
    async fn show_user(&self, user: UserId) -> Result<User, AuthError>;

    /// Changes name or password. A new password revokes every other token of the user.
    async fn update_user(
        &self,
        identity: Identity,
        change: ProfileChange,
        from: IpAddr,
    ) -> Result<User, AuthError>;

    /// The names of those of `users` that exist, in no order. At most 100 at a time.
    async fn user_names(&self, users: &[UserId]) -> Result<Vec<UserName>, AuthError>;

    /// Who has this address, in any case of its letters.
    async fn find_user(&self, email: &Secret) -> Result<Option<UserId>, AuthError>;

    /// Those of `tokens` that are revoked, according to the store.
    async fn revoked_tokens(&self, tokens: &[Token]) -> Result<Vec<TokenId>, AuthError>;

    /// Does the store answer?
    async fn ready(&self) -> Result<(), AuthError>;
}

/// Tells guests from others, to those whose rules are other for guests.
#[async_trait]
pub trait Guests: Send + Sync {
    /// Those of `users` that are guests, in no order; so are all whose account has ended: nobody may do more than
    /// a guest who is not known to. At most 100 at a time.
    async fn guests_among(&self, users: &[UserId]) -> Result<Vec<UserId>, AuthError>;
}

/// For those who have no guests.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoGuests;

#[async_trait]
impl Guests for NoGuests {
    async fn guests_among(&self, _: &[UserId]) -> Result<Vec<UserId>, AuthError> {
        Ok(Vec::new())
    }
}

/// How somebody is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Who.
    pub user_id: UserId,
    /// Their name.
    pub name: String,
    /// Their address. For the envelope of what is sent to them, and for nothing else.
    pub email: Secret,
}

/// Tells how people are reached, to those who write to them.
#[async_trait]
pub trait Contacts: Send + Sync {
    /// Those of `users` that can be written to, in no order: accounts that are disabled or thrown away are
    /// left out. At most 100 at a time.
    async fn contacts(&self, users: &[UserId]) -> Result<Vec<Contact>, AuthError>;
}
