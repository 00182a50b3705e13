//! The engine's secrets.

use crate::{password::PasswordKeys, token::TokenKeys};

/// The engine's secrets. There is no default: who may guess them may be anybody.
#[derive(Debug, Clone)]
pub struct Keys {
    /// What signs and checks tokens.
    pub tokens: TokenKeys,
    /// What passwords are made into before they are hashed.
    pub passwords: PasswordKeys,
}

/// Not a usable key.
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
pub const MIN_SECRET_BYTES: usize = 32;
