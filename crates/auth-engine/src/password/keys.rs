//! What passwords are made into before they are hashed.

use std::fmt;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use engine_interfaces::Secret;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha384;

use crate::{KeyError, keys::MIN_SECRET_BYTES};

/// A `PASSWORD_KEY`: whoever steals the stored hashes can't guess at them without it.
///
/// # Example
/// ```
/// use auth_engine::PasswordKey;
///
/// # fn main() -> Result<(), auth_engine::KeyError> {
/// let key = PasswordKey::new(&"the key of this year, 32 bytes long".into())?;
/// let same = PasswordKey::new(&"the key of this year, 32 bytes long".into())?;
/// assert_eq!(key.id(), same.id(), "the id, which is no secret, tells whether it is the key that hashes need");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PasswordKey {
    id: String,
    mac: Hmac<Sha384>,
}

impl PasswordKey {
    /// The key of `secret`, which has at least [`MIN_SECRET_BYTES`]. Its id is made from it, so that
    /// another secret can't pass for it.
    ///
    /// # Errors
    /// [`KeyError::TooShort`].
    pub fn new(secret: &SecretString) -> Result<Self, KeyError> {
        let secret = secret.expose_secret().as_bytes();
        if secret.len() < MIN_SECRET_BYTES {
            return Err(KeyError::TooShort);
        }
        let mac = Hmac::new_from_slice(secret).map_err(|_| KeyError::TooShort)?;
        let mut key = Self { id: String::new(), mac };
        key.id = URL_SAFE_NO_PAD.encode(&key.keyed("id", &[])[..8]);
        Ok(key)
    }

    /// What is stored beside the hashes that need this key. Not secret.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// 64 bytes of text for bcrypt, which takes no more than 72 and stops at a NUL.
    pub(super) fn prepare(&self, password: &Secret) -> String {
        let mac = self.mac.clone().chain_update(password.expose());
        STANDARD.encode(mac.finalize().into_bytes())
    }

    /// A keyed hash of `parts` for another purpose. A password has no NUL, so none gives the same.
    pub(crate) fn keyed(&self, purpose: &str, parts: &[&str]) -> [u8; 48] {
        let mut mac = self.mac.clone().chain_update("\0").chain_update(purpose);
        for part in parts {
            // With its length: no two lists of parts run together.
            mac.update(&part.len().to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for PasswordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordKey({})", self.id)
    }
}

/// The key for new passwords, and those that stored ones still need.
///
/// To change keys, start every process with the new one among the old ones first, and with it as the active
/// one next. A sign-in moves a password to the active key.
///
/// # Example
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use auth_engine::{PasswordKey, PasswordKeys};
///
/// let old = PasswordKey::new(&"the key of last year, 32 bytes long".into())?;
/// let new = PasswordKey::new(&"the key of this year, 32 bytes long".into())?;
/// assert_ne!(old.id(), new.id());
/// let keys = PasswordKeys::new(new).accepting(old); // each sign-in moves its user to the new one
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct PasswordKeys {
    active: PasswordKey,
    old: Vec<PasswordKey>,
}

impl PasswordKeys {
    /// One key for all.
    #[must_use]
    pub fn new(active: PasswordKey) -> Self {
        Self { active, old: Vec::new() }
    }

    /// Also accepts passwords stored under `key`.
    #[must_use]
    pub fn accepting(mut self, key: PasswordKey) -> Self {
        self.old.push(key);
        self
    }

    /// Secrets for `purpose`: the active key's, then those of the old ones. None tells anything of its key, or
    /// of the secret for another purpose.
    ///
    /// # Example
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use auth_engine::{PasswordKey, PasswordKeys};
    ///
    /// let keys = PasswordKeys::new(PasswordKey::new(&"a key of 32 bytes that nobody knows".into())?);
    /// let links = keys.derive("unsubscribe");
    /// assert_eq!(links.len(), 1, "one for each key: the active one's first");
    /// assert_ne!(links, keys.derive("something else"));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Vec<[u8; 48]> {
        self.all().map(|key| key.keyed("derive", &[purpose])).collect()
    }

    pub(crate) fn active(&self) -> &PasswordKey {
        &self.active
    }

    /// The active one, then the old ones.
    pub(crate) fn all(&self) -> impl Iterator<Item = &PasswordKey> {
        std::iter::once(&self.active).chain(&self.old)
    }

    pub(crate) fn find(&self, id: &str) -> Option<&PasswordKey> {
        self.all().find(|key| key.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secret: &str) -> PasswordKey {
        PasswordKey::new(&secret.repeat(MIN_SECRET_BYTES).into()).unwrap()
    }

    #[test]
    fn a_short_secret_is_no_key() {
        let short = "x".repeat(MIN_SECRET_BYTES - 1);
        assert_eq!(PasswordKey::new(&short.into()).unwrap_err(), KeyError::TooShort);
    }

    #[test]
    fn the_id_tells_secrets_apart_and_shows_none() {
        assert_eq!(key("a").id(), key("a").id());
        assert_ne!(key("a").id(), key("b").id());
        assert!(!format!("{:?}", key("a")).contains("aaaa"));
    }

    #[test]
    fn every_password_becomes_64_bytes_whole() {
        let long = "ü".repeat(256);
        let other = format!("{}u", "ü".repeat(255));
        let (long, other) = (Secret::new(long), Secret::new(other));
        assert_eq!(key("a").prepare(&long).len(), 64);
        assert_ne!(key("a").prepare(&long), key("a").prepare(&other));
        assert_ne!(key("a").prepare(&long), key("b").prepare(&long));
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(key("a").keyed("x", &["ab", "c"]), key("a").keyed("x", &["a", "bc"]));
        assert_ne!(key("a").keyed("x", &[]), key("a").keyed("y", &[]));
    }

    #[test]
    fn each_purpose_and_each_key_has_a_secret_of_its_own() {
        let both = PasswordKeys::new(key("a")).accepting(key("b")).derive("x");
        let (a, b) = (PasswordKeys::new(key("a")), PasswordKeys::new(key("b")));
        assert_eq!(both, [a.derive("x"), b.derive("x")].concat(), "the active key's first");
        assert_ne!(both[0], both[1]);
        assert_ne!(a.derive("y"), a.derive("x"));
    }
}
