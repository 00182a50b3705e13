//! Passwords: hashed by bcrypt, off the async threads, a bounded number at a time.

mod keys;
mod rounds;
mod threads;

use std::sync::Arc;

use bcrypt::{BcryptResult, HashParts};
use engine_interfaces::{AuthError, BoxError, Secret};
use tokio::sync::Semaphore;

pub use keys::{PasswordKey, PasswordKeys};

use crate::{Settings, meters::PasswordMeters, store::PasswordHash};

use self::threads::Threads;

/// Hashes and checks passwords.
///
/// Each call costs exactly one bcrypt or none at all ([`AuthError::Busy`]).
pub(crate) struct Passwords {
    keys: PasswordKeys,
    cost: u32,
    capacity: usize,
    /// Held by whoever hashes or waits for it.
    places: Arc<Semaphore>,
    /// Held by whoever hashes.
    turns: Arc<Semaphore>,
    threads: Threads,
    meters: PasswordMeters,
}

impl Passwords {
    pub(crate) fn new(keys: PasswordKeys, settings: &Settings) -> Self {
        let threads = settings.hash_threads.get();
        let capacity = threads.saturating_add(settings.hash_queue);
        Self {
            keys,
            cost: settings.bcrypt_cost,
            capacity,
            places: Arc::new(Semaphore::new(capacity)),
            turns: Arc::new(Semaphore::new(threads)),
            threads: Threads::start(threads),
            meters: PasswordMeters::new(),
        }
    }

    pub(crate) fn keys(&self) -> &PasswordKeys {
        &self.keys
    }

    /// A new hash under the active key.
    pub(crate) async fn hash(&self, password: &Secret) -> Result<PasswordHash, AuthError> {
        let key = self.keys.active();
        let (prepared, cost) = (key.prepare(password), self.cost);
        let hash = self.run(move |between| rounds::hash(&prepared, cost, between)).await?;
        Ok(PasswordHash { hash: Secret::new(hash), key_id: key.id().to_owned() })
    }

    /// Whether `password` is the one that is stored. Where none is stored it costs the same, and is not.
    pub(crate) async fn verify(
        &self,
        password: &Secret,
        stored: Option<&PasswordHash>,
    ) -> Result<bool, AuthError> {
        let (key, hash) = match stored {
            Some(stored) => {
                let key = self.keys.find(&stored.key_id);
                (
                    key.ok_or_else(|| unavailable("a password needs a key that this process does not have"))?,
                    stored.hash.clone(),
                )
            }
            None => (self.keys.active(), absent(self.cost)),
        };
        let prepared = key.prepare(password);
        // bcrypt needs the hash itself.
        let right = self.run(move |between| rounds::verify(&prepared, hash.expose(), between)).await?;
        Ok(right && stored.is_some())
    }

    /// Whether a hash is of another key or cost than a new one would be.
    pub(crate) fn is_outdated(&self, stored: &PasswordHash) -> bool {
        // bcrypt tells the cost.
        let cost = stored.hash.expose().parse().ok().map(|parts: HashParts| parts.get_cost());
        stored.key_id != self.keys.active().id() || cost != Some(self.cost)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn FnMut()) -> BcryptResult<T> + Send + 'static,
    ) -> Result<T, AuthError> {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            self.meters.refused.increment(1);
            return Err(AuthError::Busy);
        };
        self.show_depth();
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(unavailable)?;
        self.meters.hashes.increment(1);
        let done = self.threads.run(move |between| {
            // Held to the end, though the caller may have gone.
            let _held = (place, turn);
            work(between)
        });
        let done = done.await;
        self.show_depth();
        done.map_err(unavailable)?.map_err(unavailable)
    }

    fn show_depth(&self) {
        let depth = self.capacity.saturating_sub(self.places.available_permits());
        self.meters.depth.set(u32::try_from(depth).map_or(f64::INFINITY, f64::from));
    }
}

/// A hash that no password has: what is checked for those who do not exist.
fn absent(cost: u32) -> Secret {
    Secret::new(format!("$2b${cost:02}${}", ".".repeat(53)))
}

fn unavailable(error: impl Into<BoxError>) -> AuthError {
    AuthError::Unavailable(error.into())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    fn key(letter: &str) -> PasswordKey {
        PasswordKey::new(&letter.repeat(32).into()).unwrap()
    }

    fn passwords(keys: PasswordKeys, cost: u32) -> Passwords {
        let settings = Settings {
            bcrypt_cost: cost,
            hash_threads: NonZeroUsize::MIN,
            hash_queue: 1,
            ..Settings::default()
        };
        Passwords::new(keys, &settings)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_password_is_itself_and_no_other() {
        let passwords = passwords(PasswordKeys::new(key("a")), 4);
        let right = Secret::new("correct horse");
        let stored = passwords.hash(&right).await.unwrap();
        assert!(passwords.verify(&right, Some(&stored)).await.unwrap());
        assert!(!passwords.verify(&Secret::new("correct hors"), Some(&stored)).await.unwrap());
        assert!(!passwords.verify(&right, None).await.unwrap());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_old_key_still_verifies_and_is_outdated() {
        let old = passwords(PasswordKeys::new(key("a")), 4);
        let right = Secret::new("correct horse");
        let stored = old.hash(&right).await.unwrap();
        assert!(!old.is_outdated(&stored));

        let new = passwords(PasswordKeys::new(key("b")).accepting(key("a")), 4);
        assert!(new.verify(&right, Some(&stored)).await.unwrap());
        assert!(new.is_outdated(&stored));

        let without = passwords(PasswordKeys::new(key("b")), 4);
        assert!(matches!(without.verify(&right, Some(&stored)).await, Err(AuthError::Unavailable(_))));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn another_cost_is_outdated() {
        let right = Secret::new("correct horse");
        let stored = passwords(PasswordKeys::new(key("a")), 4).hash(&right).await.unwrap();
        assert!(passwords(PasswordKeys::new(key("a")), 5).is_outdated(&stored));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn past_the_queue_it_is_busy() {
        let passwords = passwords(PasswordKeys::new(key("a")), 4);
        let thread = passwords.turns.clone().acquire_owned().await.unwrap();
        let password = Secret::new("correct horse");
        let mut waiting = Vec::new();
        for _ in 0..2 {
            let mut one = Box::pin(passwords.hash(&password));
            assert!(poll_once(&mut one).is_none());
            waiting.push(one);
        }
        assert!(matches!(passwords.hash(&password).await, Err(AuthError::Busy)));
        // Whoever hangs up gives the place back.
        waiting.pop();
        let mut next = Box::pin(passwords.hash(&password));
        assert!(poll_once(&mut next).is_none());
        drop((waiting, next, thread));
        passwords.hash(&password).await.unwrap();
    }

    /// Polls once.
    fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::Pin::new(future).poll(&mut context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        }
    }
}
