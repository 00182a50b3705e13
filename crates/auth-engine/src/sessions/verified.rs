//! Passwords that were right a moment ago.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use engine_interfaces::{Timestamp, UserId};

use crate::Settings;

/// A keyed hash of an address and a password.
type Key = [u8; 48];

/// Passwords that were right a moment ago, so that HTTP Basic costs no bcrypt at every request.
///
/// An entry is of a token generation, as a token is: a change of the password ends both.
pub(crate) struct Verified {
    size: usize,
    life: Duration,
    entries: Mutex<HashMap<Key, Entry>>,
}

struct Entry {
    user_id: UserId,
    generation: i32,
    until: Timestamp,
}

impl Verified {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { size: settings.verified_passwords, life: settings.verified_for, entries: Mutex::default() }
    }

    /// Whose it was, and of which generation.
    pub(crate) fn find(&self, key: &Key, now: Timestamp) -> Option<(UserId, i32)> {
        let entries = self.entries();
        let entry = entries.get(key).filter(|entry| now < entry.until)?;
        Some((entry.user_id, entry.generation))
    }

    /// Remembers that a password was right. When all places are taken it is not remembered, and costs a
    /// hash the next time.
    pub(crate) fn remember(&self, key: Key, user_id: UserId, generation: i32, now: Timestamp) {
        let mut entries = self.entries();
        if entries.len() >= self.size {
            entries.retain(|_, entry| now < entry.until);
        }
        if entries.len() < self.size {
            let until = now.plus(self.life);
            entries.insert(key, Entry { user_id, generation, until });
        }
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<Key, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_remembered_for_a_while_and_only_so_many_are() {
        let verified = Verified::new(&Settings {
            verified_passwords: 1,
            verified_for: Duration::from_secs(30),
            ..Settings::default()
        });
        let user = UserId::from_name("ann");
        let now = Timestamp::from_secs(1_767_225_600).unwrap();
        let later = now.plus(Duration::from_secs(30));

        verified.remember([1; 48], user, 7, now);
        verified.remember([2; 48], user, 7, now);
        assert_eq!(verified.find(&[1; 48], now), Some((user, 7)));
        assert_eq!(verified.find(&[2; 48], now), None, "the one place is taken");
        assert_eq!(verified.find(&[1; 48], later), None);
        verified.remember([2; 48], user, 7, later);
        assert_eq!(verified.find(&[2; 48], later), Some((user, 7)));
    }
}
