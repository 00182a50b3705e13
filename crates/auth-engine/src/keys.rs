//! The engine's secrets.

use crate::{password::PasswordKeys, token::TokenKeys};

/// The engine's secrets. There is no default: who may guess them may be anybody.
///
/// # Example
/// ```
/// use auth_engine::{KeyError, Keys, PasswordKey, PasswordKeys, SigningKey, TokenKeys};
///
/// /// From two secrets: a lost token key costs a sign-in of everybody, a lost password key all passwords.
/// fn read(token: String, password: String) -> Result<Keys, KeyError> {
///     Ok(Keys {
///         tokens: TokenKeys::new(SigningKey::hs256(&token.into())?),
///         passwords: PasswordKeys::new(PasswordKey::new(&password.into())?),
///     })
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Keys {
    /// What signs and checks tokens.
    pub tokens: TokenKeys,
    /// What passwords are made into before they are hashed.
    pub passwords: PasswordKeys,
}

/// Not a usable key.
///
/// # Example
/// ```
/// use auth_engine::{KeyError, SigningKey, TokenKeys, VerifyingKey};
///
/// # fn main() -> Result<(), KeyError> {
/// let secret = "one secret of at least 32 bytes for both";
/// let keys = TokenKeys::new(SigningKey::hs256(&secret.into())?);
/// let twice = keys.accepting(VerifyingKey::hs256(&secret.into())?);
/// assert!(matches!(twice, Err(KeyError::SameId(_))), "the id is made from the secret");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A secret that could be guessed.
    #[error("a secret must have at least {MIN_SECRET_BYTES} bytes")]
    TooShort,
    /// The text is no key of this kind.
    #[error("the text is no {0} key in PEM form")]
    Malformed(&'static str),
    /// What one signs the other does not accept.
    #[error("the private and the public key are not of one pair")]
    NotAPair,
    /// Two keys of one name.
    #[error("two keys have the id {0}")]
    SameId(String),
}

/// The fewest bytes of a secret: as many as HS256 has bits for.
///
/// # Example
/// ```
/// use auth_engine::{KeyError, MIN_SECRET_BYTES, PasswordKey};
///
/// let short = "x".repeat(MIN_SECRET_BYTES - 1);
/// assert_eq!(PasswordKey::new(&short.into()).unwrap_err(), KeyError::TooShort);
/// ```
pub const MIN_SECRET_BYTES: usize = 32;
