//! What signs and checks tokens. A key knows its one algorithm; a token's header never chooses it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::{KeyError, keys::MIN_SECRET_BYTES};

/// Signs tokens.
///
/// # Example
/// ```
/// use auth_engine::{KeyError, SigningKey};
///
/// /// A key pair where there is one: then who checks tokens elsewhere can't make any.
/// fn read(secret: String, pair: Option<(String, String)>) -> Result<SigningKey, KeyError> {
///     match pair {
///         Some((private, public)) => SigningKey::eddsa("2026", &private.into(), &public),
///         None => SigningKey::hs256(&secret.into()),
///     }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct SigningKey {
    pub(super) private: EncodingKey,
    pub(super) public: VerifyingKey,
}

/// Checks tokens.
///
/// # Example
/// ```
/// use auth_engine::{KeyError, TokenKeys, VerifyingKey};
///
/// /// Moves from RS256 to the keys' own algorithm: until its last token has ended, the old key is accepted.
/// fn moving(keys: TokenKeys, old_public: &str) -> Result<TokenKeys, KeyError> {
///     keys.accepting(VerifyingKey::rs256("2025", old_public)?)
/// }
/// assert!(matches!(VerifyingKey::rs256("2025", "no key"), Err(KeyError::Malformed("RSA"))));
/// ```
#[derive(Debug, Clone)]
pub struct VerifyingKey {
    pub(super) kid: String,
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

impl SigningKey {
    /// HS256 with a secret of at least [`MIN_SECRET_BYTES`]; its `kid` is made from it.
    ///
    /// # Errors
    /// [`KeyError::TooShort`].
    ///
    /// # Example
    /// ```
    /// use auth_engine::{KeyError, SigningKey};
    ///
    /// assert_eq!(SigningKey::hs256(&"easy to guess".into()).unwrap_err(), KeyError::TooShort);
    /// ```
    pub fn hs256(secret: &SecretString) -> Result<Self, KeyError> {
        Ok(Self {
            public: VerifyingKey::hs256(secret)?,
            private: EncodingKey::from_secret(secret.expose_secret().as_bytes()),
        })
    }

    /// EdDSA over Ed25519, with a key pair in PEM form (PKCS#8 and SPKI).
    ///
    /// # Errors
    /// When the texts are no such keys, or not of one pair.
    ///
    /// # Example
    /// ```
    /// # fn example(private: String, public: &str) -> Result<(), auth_engine::KeyError> {
    /// use auth_engine::{SigningKey, TokenKeys};
    ///
    /// // `openssl genpkey -algorithm ed25519`, and `openssl pkey -pubout`
    /// let keys = TokenKeys::new(SigningKey::eddsa("2026", &private.into(), public)?);
    /// # Ok(()) }
    /// ```
    pub fn eddsa(kid: impl Into<String>, private: &SecretString, public: &str) -> Result<Self, KeyError> {
        let private = EncodingKey::from_ed_pem(private.expose_secret().as_bytes());
        Self::pair(private.map_err(|_| KeyError::Malformed("Ed25519"))?, VerifyingKey::eddsa(kid, public)?)
    }

    /// RS256, with a key pair in PEM form, of at least 2,048 bits.
    ///
    /// # Errors
    /// When the texts are no such keys, or not of one pair.
    ///
    /// # Example
    /// ```
    /// # fn example(private: String, public: &str) -> Result<(), auth_engine::KeyError> {
    /// use auth_engine::{SigningKey, TokenKeys};
    ///
    /// // `openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:3072`, and `openssl pkey -pubout`
    /// let keys = TokenKeys::new(SigningKey::rs256("2026", &private.into(), public)?);
    /// # Ok(()) }
    /// ```
    pub fn rs256(kid: impl Into<String>, private: &SecretString, public: &str) -> Result<Self, KeyError> {
        let private = EncodingKey::from_rsa_pem(private.expose_secret().as_bytes());
        Self::pair(private.map_err(|_| KeyError::Malformed("RSA"))?, VerifyingKey::rs256(kid, public)?)
    }

    /// Tries the pair, so that a mistake is found at the start and not at the first sign-in.
    fn pair(private: EncodingKey, public: VerifyingKey) -> Result<Self, KeyError> {
        let fits = crypto::sign(b"pair", &private, public.algorithm)
            .and_then(|signature| crypto::verify(&signature, b"pair", &public.key, public.algorithm));
        match fits {
            Ok(true) => Ok(Self { private, public }),
            Ok(false) | Err(_) => Err(KeyError::NotAPair),
        }
    }
}

impl VerifyingKey {
    /// HS256; see [`SigningKey::hs256`].
    ///
    /// # Errors
    /// [`KeyError::TooShort`].
    pub fn hs256(secret: &SecretString) -> Result<Self, KeyError> {
        let secret = secret.expose_secret().as_bytes();
        if secret.len() < MIN_SECRET_BYTES {
            return Err(KeyError::TooShort);
        }
        Ok(Self {
            kid: URL_SAFE_NO_PAD.encode(&Sha256::digest(secret)[..8]),
            algorithm: Algorithm::HS256,
            key: DecodingKey::from_secret(secret),
        })
    }

    /// EdDSA; see [`SigningKey::eddsa`].
    ///
    /// # Errors
    /// When the text is no such key.
    ///
    /// # Example
    /// ```
    /// use auth_engine::{KeyError, VerifyingKey};
    ///
    /// assert_eq!(VerifyingKey::eddsa("2026", "no key").unwrap_err(), KeyError::Malformed("Ed25519"));
    /// ```
    pub fn eddsa(kid: impl Into<String>, public: &str) -> Result<Self, KeyError> {
        Ok(Self {
            kid: kid.into(),
            algorithm: Algorithm::EdDSA,
            key: DecodingKey::from_ed_pem(public.as_bytes()).map_err(|_| KeyError::Malformed("Ed25519"))?,
        })
    }

    /// RS256; see [`SigningKey::rs256`].
    ///
    /// # Errors
    /// When the text is no such key.
    pub fn rs256(kid: impl Into<String>, public: &str) -> Result<Self, KeyError> {
        Ok(Self {
            kid: kid.into(),
            algorithm: Algorithm::RS256,
            key: DecodingKey::from_rsa_pem(public.as_bytes()).map_err(|_| KeyError::Malformed("RSA"))?,
        })
    }
}

/// The key that signs, and others whose tokens are still good.
///
/// To change keys, start every process with the new one accepted first, then with it as the signing one and
/// the old one accepted, and drop the old one once its last token has ended.
///
/// # Example
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use auth_engine::{SigningKey, TokenKeys, VerifyingKey};
///
/// let (old, new) = ("the secret of last year, 32 bytes long", "the secret of this year, 32 bytes long");
/// // First every process accepts the new one, then it signs, then the old one goes.
/// let first = TokenKeys::new(SigningKey::hs256(&old.into())?).accepting(VerifyingKey::hs256(&new.into())?)?;
/// let then = TokenKeys::new(SigningKey::hs256(&new.into())?).accepting(VerifyingKey::hs256(&old.into())?)?;
/// let last = TokenKeys::new(SigningKey::hs256(&new.into())?);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct TokenKeys {
    pub(super) signing: SigningKey,
    others: Vec<VerifyingKey>,
}

impl TokenKeys {
    /// One key for all.
    #[must_use]
    pub fn new(signing: SigningKey) -> Self {
        Self { signing, others: Vec::new() }
    }

    /// Also accepts the tokens of `key`.
    ///
    /// # Errors
    /// [`KeyError::SameId`] when there is a key of its `kid`.
    pub fn accepting(mut self, key: VerifyingKey) -> Result<Self, KeyError> {
        if self.find(&key.kid).is_some() {
            return Err(KeyError::SameId(key.kid));
        }
        self.others.push(key);
        Ok(self)
    }

    pub(super) fn find(&self, kid: &str) -> Option<&VerifyingKey> {
        std::iter::once(&self.signing.public).chain(&self.others).find(|key| key.kid == kid)
    }
}
