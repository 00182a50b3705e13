//! bcrypt with a place between its rounds, so that whoever hashes for a quarter of a second can step aside meanwhile.
//!
//! The hashes are those of the `bcrypt` crate, whose form of the text this reads and writes, and to whose answers the
//! tests hold it. Source: N. Provos and D. Mazières, "A Future-Adaptable Password Scheme", USENIX 1999.

use base64::{
    Engine,
    alphabet::BCRYPT,
    engine::general_purpose::{GeneralPurpose, NO_PAD},
};
use bcrypt::{BcryptError, BcryptResult, HashParts};
use blowfish::Blowfish;
use secrecy::zeroize::Zeroizing;
use subtle::ConstantTimeEq;

const BASE_64: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD);

/// What is encrypted.
const TEXT: [[u32; 2]; 3] = [
    [u32::from_be_bytes(*b"Orph"), u32::from_be_bytes(*b"eanB")],
    [u32::from_be_bytes(*b"ehol"), u32::from_be_bytes(*b"derS")],
    [u32::from_be_bytes(*b"cryD"), u32::from_be_bytes(*b"oubt")],
];
/// How often.
const TIMES: usize = 64;
/// How many of its 24 bytes are kept.
const KEPT: usize = 23;
/// Where their text begins, in a hash's 60 characters.
const DIGEST_AT: usize = 29;
/// bcrypt takes so many bytes, of which one is the NUL at their end.
const LONGEST: usize = 72;

/// A new hash of `password`. `between` is called after each of the 2^`cost` rounds.
pub(super) fn hash(password: &str, cost: u32, between: impl FnMut()) -> BcryptResult<String> {
    let salt: [u8; 16] = rand::random();
    let digest = digest(password, cost, salt, between)?;
    Ok(format!("$2b${cost:02}${}{digest}", BASE_64.encode(salt)))
}

/// Whether `hash` is one of `password`. `between` as for [`hash`].
pub(super) fn verify(password: &str, hash: &str, between: impl FnMut()) -> BcryptResult<bool> {
    let parts: HashParts = hash.parse()?;
    let digest = digest(password, parts.get_cost(), parts.get_salt_raw(), between)?;
    let stored = hash.as_bytes().get(DIGEST_AT..).unwrap_or_default();
    Ok(stored.ct_eq(digest.as_bytes()).into())
}

fn digest(password: &str, cost: u32, salt: [u8; 16], mut between: impl FnMut()) -> BcryptResult<String> {
    if !(4..=31).contains(&cost) {
        return Err(BcryptError::CostNotAllowed(cost));
    }
    if password.len() >= LONGEST {
        return Err(BcryptError::Truncation(password.len() + 1));
    }
    let key = Zeroizing::new([password.as_bytes(), b"\0"].concat());
    let mut state = Blowfish::bc_init_state();
    state.salted_expand_key(&salt, &key);
    for _ in 0..1_u32 << cost {
        state.bc_expand_key(&key);
        state.bc_expand_key(&salt);
        between();
    }
    let mut digest: Vec<_> = TEXT
        .into_iter()
        .flat_map(|block| (0..TIMES).fold(block, |block, _| state.bc_encrypt(block)))
        .flat_map(u32::to_be_bytes)
        .collect();
    digest.truncate(KEPT);
    Ok(BASE_64.encode(digest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn hashes_are_the_crates(password in "[^\0]{0,17}", salt: [u8; 16], cost in 4_u32..6) {
            let theirs = bcrypt::hash_with_salt_bytes(&password, cost, salt).unwrap();
            let theirs = str::from_utf8(&theirs).unwrap();
            prop_assert_eq!(digest(&password, cost, salt, || ()).unwrap(), &theirs[DIGEST_AT..]);
            prop_assert!(verify(&password, theirs, || ()).unwrap());
            prop_assert!(bcrypt::verify(&password, &hash(&password, cost, || ()).unwrap()).unwrap());
        }
    }

    #[test]
    fn another_password_or_hash_is_wrong() {
        let right = hash("stanley-park-1", 4, || ()).unwrap();
        assert!(verify("stanley-park-1", &right, || ()).unwrap());
        assert!(!verify("stanley-park-2", &right, || ()).unwrap());
        assert!(!verify("", &right, || ()).unwrap());
        let other = hash("stanley-park-1", 4, || ()).unwrap();
        assert_ne!(right, other, "each has a salt of its own");
        let mixed = format!("{}{}", &right[..DIGEST_AT], &other[DIGEST_AT..]);
        assert!(!verify("stanley-park-1", &mixed, || ()).unwrap());
    }

    #[test]
    fn others_have_a_place_after_each_round() {
        let mut rounds = 0;
        let hash = hash("stanley-park-1", 5, || rounds += 1).unwrap();
        assert_eq!(rounds, 32);
        verify("stanley-park-1", &hash, || rounds += 1).unwrap();
        assert_eq!(rounds, 64);
    }

    #[test]
    fn what_bcrypt_does_not_take_is_an_error() {
        for cost in [0, 3, 32, 99] {
            assert!(
                matches!(hash("a", cost, || ()), Err(BcryptError::CostNotAllowed(refused)) if refused == cost)
            );
        }
        let longest = "a".repeat(LONGEST - 1);
        assert!(verify(&longest, &hash(&longest, 4, || ()).unwrap(), || ()).unwrap());
        let longer = "a".repeat(LONGEST);
        assert!(matches!(hash(&longer, 4, || ()), Err(BcryptError::Truncation(73))));
        for hash in ["", "$2b$04$", &"é".repeat(30), &format!("$2b$40${}", ".".repeat(53))] {
            assert!(verify("a", hash, || ()).is_err(), "{hash}");
        }
    }
}
