//! What the links in mail are signed with: who follows one needs not sign in.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use engine_interfaces::UserId;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

const USER_BYTES: usize = 16;
/// Half of the whole: more than anybody can guess, and a shorter link.
const MAC_BYTES: usize = 16;

/// The key that signs the links of new mail, and those whose links are still good.
///
/// # Example
/// ```
/// use engine_interfaces::UserId;
/// use notification_engine::UnsubscribeKeys;
///
/// let alice = UserId::from_name("alice");
/// let link = UnsubscribeKeys::new(&["the key of last year"]).token(alice);
/// let keys = UnsubscribeKeys::new(&["the key of this year", "the key of last year"]);
/// assert_eq!(keys.user(&link), Some(alice));
/// assert_eq!(keys.user("made up"), None);
/// ```
#[derive(Clone)]
pub struct UnsubscribeKeys {
    macs: Vec<Hmac<Sha256>>,
}

impl UnsubscribeKeys {
    /// The first of `secrets` signs; what any of them signed is good.
    #[must_use]
    pub fn new(secrets: &[impl AsRef<[u8]>]) -> Self {
        // HMAC takes a key of any length.
        Self { macs: secrets.iter().filter_map(|key| Hmac::new_from_slice(key.as_ref()).ok()).collect() }
    }

    /// Turns off the digests of `user`, for whoever shows it. It has no end: mail is kept for long.
    #[must_use]
    pub fn token(&self, user: UserId) -> String {
        let mut bytes = user.0.as_bytes().to_vec();
        if let Some(mac) = self.macs.first() {
            let mac = mac.clone().chain_update(user.0.as_bytes()).finalize().into_bytes();
            bytes.extend(mac.iter().take(MAC_BYTES));
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whose digests a token turns off; none where it is not of ours.
    #[must_use]
    pub fn user(&self, token: &str) -> Option<UserId> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        if bytes.len() != USER_BYTES + MAC_BYTES {
            return None;
        }
        let (user, told) = bytes.split_at(USER_BYTES);
        let good = |mac: &Hmac<Sha256>| mac.clone().chain_update(user).verify_truncated_left(told).is_ok();
        self.macs.iter().any(good).then(|| Uuid::from_slice(user).ok().map(UserId)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_users_and_ours() {
        let keys = UnsubscribeKeys::new(&["one"]);
        let alice = UserId::from_name("alice");
        let token = keys.token(alice);
        assert_eq!(keys.user(&token), Some(alice));
        assert_ne!(token, keys.token(UserId::from_name("bob")));
        assert_eq!(UnsubscribeKeys::new(&["two", "one"]).user(&token), Some(alice), "an old key's");
        assert_eq!(UnsubscribeKeys::new(&["two"]).user(&token), None, "a stranger's");
        for end in 0..token.len() {
            assert_eq!(keys.user(&token[..end]), None);
            let mut other = token.clone().into_bytes();
            other[end] = if other[end] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).unwrap();
            assert_ne!(keys.user(&other), Some(alice), "{other}");
        }
        assert_eq!(keys.user("ü"), None);
    }
}
