//! What deliveries are signed with, as <https://www.standardwebhooks.com> has it.

use base64::{Engine, engine::general_purpose::STANDARD};
use engine_interfaces::{BoxError, Secret, Timestamp};
use hmac::{Hmac, Mac};
use rand::{TryRngCore, rngs::OsRng};
use sha2::Sha256;

const PREFIX: &str = "whsec_";
/// How many random bytes a secret has; the standard asks for 24 to 64.
const LENGTH: usize = 32;

/// Makes a secret.
pub(crate) fn generate() -> Result<Secret, BoxError> {
    let mut bytes = [0_u8; LENGTH];
    OsRng.try_fill_bytes(&mut bytes)?;
    Ok(Secret::new(format!("{PREFIX}{}", STANDARD.encode(bytes))))
}

/// Not a secret of ours.
#[derive(Debug, thiserror::Error)]
#[error("the web hook's secret is malformed")]
pub(crate) struct Malformed;

/// The `webhook-signature` of a body that is sent under `id` at `now`.
pub(crate) fn sign(secret: &Secret, id: &str, now: Timestamp, body: &[u8]) -> Result<String, Malformed> {
    // Exposed to be the key, and to nobody.
    let encoded = secret.expose().strip_prefix(PREFIX).ok_or(Malformed)?;
    let key = STANDARD.decode(encoded).map_err(|_| Malformed)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| Malformed)?;
    mac.update(format!("{id}.{}.", now.secs()).as_bytes());
    mac.update(body);
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the standard's own libraries.
    #[test]
    fn signs_as_the_standard_does() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let now = Timestamp::from_secs(1_614_265_330).unwrap();
        let signature = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", now, br#"{"test": 2432232314}"#);
        assert_eq!(signature.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn no_two_secrets_are_alike() {
        let (one, other) = (generate().unwrap(), generate().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.expose().len(), PREFIX.len() + 44);
        assert!(sign(&one, "id", Timestamp::from_secs(0).unwrap(), b"").is_ok());
        assert!(sign(&Secret::new("hunter2"), "id", Timestamp::from_secs(0).unwrap(), b"").is_err());
    }
}
