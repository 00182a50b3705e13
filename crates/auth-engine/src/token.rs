//! Tokens: JWTs that say who, since when and for how long.

mod keys;

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use engine_interfaces::{AuthError, Clock, Secret, Session, Timestamp, Token, TokenId, UserId};
use jsonwebtoken::{Algorithm, Header, crypto};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};

pub use keys::{SigningKey, TokenKeys, VerifyingKey};

use crate::{Settings, store::Account};

/// What a token says. All of it is required, of this type, and once.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    jti: TokenId,
    iat: i64,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(rename = "gen")]
    generation: i32,
}

/// What a token's header says, as far as it matters.
#[derive(Deserialize)]
struct Head {
    alg: Algorithm,
    kid: String,
    crit: Option<IgnoredAny>,
}

/// Reads one of a token's parts.
fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// The longest text that is looked at: a token of ours has about 450 bytes, or 700 with RS256.
const MAX_BYTES: usize = 2_048;

/// Gives tokens and checks them.
pub(crate) struct Tokens {
    keys: TokenKeys,
    clock: Arc<dyn Clock>,
    settings: Settings,
}

impl Tokens {
    pub(crate) fn new(keys: TokenKeys, clock: Arc<dyn Clock>, settings: Settings) -> Self {
        Self { keys, clock, settings }
    }

    /// Signs a user in.
    pub(crate) fn issue(&self, account: Account) -> Result<Session, AuthError> {
        let Settings { token_life, guest_life, .. } = self.settings;
        let life = if account.user.guest { guest_life.min(token_life) } else { token_life };
        let now = self.clock.now();
        let exp = now.plus(life).secs();
        let claims = Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            sub: account.user.id,
            jti: TokenId(self.clock.new_id()),
            iat: now.secs(),
            exp,
            nbf: None,
            generation: account.token_generation,
        };
        let key = &self.keys.signing;
        let mut header = Header::new(key.public.algorithm);
        header.kid = Some(key.public.kid.clone());
        let token = jsonwebtoken::encode(&header, &claims, &key.private)
            .map_err(|error| AuthError::Unavailable(error.into()))?;
        Ok(Session {
            user: account.user,
            token: Secret::new(token),
            expires_at: Timestamp::from_secs(exp).map_err(|error| AuthError::Unavailable(error.into()))?,
        })
    }

    /// What a token says, once signature, issuer, audience and times are found good. Whether it was revoked
    /// is another question.
    pub(crate) fn check(&self, token: &str) -> Result<Token, AuthError> {
        let claims = self.read(token).ok_or(AuthError::TokenInvalid)?;
        let now = self.clock.now();
        let latest = now.plus(self.settings.leeway).secs();
        let is_ours = claims.iss == self.settings.issuer && claims.aud == self.settings.audience;
        let has_begun = claims.iat <= latest && claims.nbf.is_none_or(|nbf| nbf <= latest);
        if !is_ours || !has_begun || claims.exp <= claims.iat {
            return Err(AuthError::TokenInvalid);
        }
        let expires_at = self.end_of(&claims).ok_or(AuthError::TokenInvalid)?;
        if now >= expires_at.plus(self.settings.leeway) {
            return Err(AuthError::TokenExpired);
        }
        Ok(Token { id: claims.jti, user_id: claims.sub, generation: claims.generation, expires_at })
    }

    /// The claims, when one of our keys signed them.
    fn read(&self, token: &str) -> Option<Claims> {
        if token.len() > MAX_BYTES {
            return None;
        }
        // Each part is read once: this is on every request's way.
        let (message, signature) = token.rsplit_once('.')?;
        let (head, claims) = message.split_once('.')?;
        let head: Head = part(head)?;
        let key = self.keys.find(&head.kid)?;
        // The key's algorithm, whatever the header says; an extension that must be understood is none that we understand.
        if head.alg != key.algorithm || head.crit.is_some() {
            return None;
        }
        crypto::verify(signature, message.as_bytes(), &key.key, key.algorithm).ok().filter(|good| *good)?;
        part(claims)
    }

    /// When a token ends: never later than the life that tokens have now, so that no revocation is
    /// forgotten before its token has ended.
    fn end_of(&self, claims: &Claims) -> Option<Timestamp> {
        let issued_at = Timestamp::from_secs(claims.iat).ok()?;
        let expires_at = Timestamp::from_secs(claims.exp).ok()?;
        Some(expires_at.min(issued_at.plus(self.settings.token_life)))
    }
}
