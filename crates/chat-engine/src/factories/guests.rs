//! Guests for tests.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use engine_interfaces::{AuthError, Guests, UserId};

/// Knows the guests that a test names, and nobody else.
///
/// # Example
/// ```
/// use std::sync::Arc;
///
/// use chat_engine::{Guests, factories::{self, TestGuests}};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let guests = Arc::<TestGuests>::default(); // for ChatEngine::with
/// let (guest, member) = (factories::user(), factories::user());
/// guests.insert(guest);
/// assert_eq!(guests.guests_among(&[guest, member]).await?, [guest]);
/// # Ok(()) }
/// ```
#[derive(Debug, Default)]
pub struct TestGuests {
    guests: Mutex<HashSet<UserId>>,
}

impl TestGuests {
    /// Makes `user` a guest.
    pub fn insert(&self, user: UserId) {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner).insert(user);
    }
}

#[async_trait]
impl Guests for TestGuests {
    async fn guests_among(&self, users: &[UserId]) -> Result<Vec<UserId>, AuthError> {
        let guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(users.iter().copied().filter(|user| guests.contains(user)).collect())
    }
}
