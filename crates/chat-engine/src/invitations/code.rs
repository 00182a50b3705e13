//! What lets people in.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use engine_interfaces::{BoxError, GroupId, Secret};
use rand::{TryRngCore, rngs::OsRng};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How many random bytes a code has: too many to be guessed, so that its hash needs neither salt nor key.
const RANDOM: usize = 16;

/// The code of an invitation: the id of its group, where it is looked up, and what nobody can guess.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Code {
    group: GroupId,
    random: [u8; RANDOM],
}

impl Code {
    /// A new code of `group`.
    pub(crate) fn generate(group: GroupId) -> Result<Self, BoxError> {
        let mut random = [0; RANDOM];
        OsRng.try_fill_bytes(&mut random)?;
        Ok(Self { group, random })
    }

    /// The code as it was written; none when it is none of ours. Each code has one text.
    pub(crate) fn read(text: &Secret) -> Option<Self> {
        // Taken apart, and not kept.
        let bytes = URL_SAFE_NO_PAD.decode(text.expose()).ok()?;
        let (group, random) = bytes.split_first_chunk()?;
        Some(Self { group: GroupId(Uuid::from_bytes(*group)), random: random.try_into().ok()? })
    }

    /// As it stands in a link.
    pub(crate) fn write(&self) -> Secret {
        Secret::new(URL_SAFE_NO_PAD.encode(self.bytes()))
    }

    /// The group that it says it leads to.
    pub(crate) fn group(&self) -> GroupId {
        self.group
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.bytes()).to_vec()
    }

    fn bytes(&self) -> Vec<u8> {
        [self.group.0.as_bytes(), self.random.as_slice()].concat()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn group() -> GroupId {
        GroupId("0197f0e0-0000-7000-8000-000000000001".parse().unwrap())
    }

    #[test]
    fn is_read_as_it_was_written() {
        let code = Code::generate(group()).unwrap();
        let text = code.write();
        assert_eq!(text.expose().len(), 43);
        let read = Code::read(&text).unwrap();
        assert!(read == code && read.group() == group() && read.hash() == code.hash());
    }

    #[test]
    fn no_two_are_alike() {
        let (one, other) = (Code::generate(group()).unwrap(), Code::generate(group()).unwrap());
        assert!(one != other && one.hash() != other.hash());
    }

    #[test]
    fn what_is_kept_does_not_tell_the_code() {
        let code = Code::generate(group()).unwrap();
        assert_eq!(code.hash().len(), 32);
        assert!(!code.hash().windows(4).any(|four| code.bytes().windows(4).any(|part| part == four)));
    }

    #[test]
    fn a_code_has_one_text() {
        let text = Code::generate(group()).unwrap().write().expose().to_owned();
        let last = text.chars().last().unwrap();
        // The last letter has two bits that say nothing: they have to be nought.
        let others = ('A'..='Z').chain('a'..='z').chain('0'..='9').filter(|letter| *letter != last);
        let same_bytes = others.filter(|letter| {
            let other = format!("{}{letter}", &text[..42]);
            Code::read(&Secret::new(other)).is_some_and(|code| code.write().expose() == text)
        });
        assert_eq!(same_bytes.count(), 0);
        for bad in [format!("{text}="), format!(" {text}"), text[..42].to_owned(), format!("{text}A")] {
            assert!(Code::read(&Secret::new(bad)).is_none());
        }
    }

    proptest! {
        #[test]
        fn any_other_text_is_refused(text: String) {
            let text = Secret::new(text);
            if let Some(read) = Code::read(&text) {
                prop_assert!(read.write() == text);
            }
        }
    }
}
