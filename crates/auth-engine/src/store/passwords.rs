//! Passwords, as they are kept.

use database::{Col, StoreError, detached, on};
use diesel::{ExpressionMethods, QueryDsl, dsl::min, update};
use diesel_async::RunQueryDsl;
use engine_interfaces::{Secret, UserId};

use super::{Store, schema::users};

/// A password as it is kept.
///
/// # Example
/// ```
/// use auth_engine::{PasswordHash, PasswordKey};
///
/// /// Whether the next sign-in moves it to the key that is active now.
/// fn moves(stored: &PasswordHash, active: &PasswordKey) -> bool {
///     stored.key_id != active.id()
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordHash {
    /// bcrypt's text, of the password as the key made it.
    pub hash: Secret,
    /// The key.
    pub key_id: String,
}

impl Store {
    /// Keeps the same password under another key or at another cost, unless it has changed since `old`.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock, factories};
    /// use auth_engine::{PasswordHash, Secret};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store.clone(), Arc::new(SystemClock)).await;
    /// # let ann = factories::user(&*auth).name("Ann").email("ann@example.com").create().await.user;
    /// let old = store.find_account(ann.id).await?.and_then(|account| account.password).ok_or("no guest")?;
    /// let new = PasswordHash { hash: Secret::new("$2b$..."), key_id: "of the new key".into() };
    /// store.rehash(ann.id, old.clone(), new.clone()).await?;
    /// store.rehash(ann.id, old, new).await?; // changes nothing: the old one is gone
    /// assert_eq!(store.password_key_ids().await?, ["of the new key"]);
    /// # Ok(()) }
    /// ```
    pub async fn rehash(&self, user: UserId, old: PasswordHash, new: PasswordHash) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move {
            let account = users::table.find(Col(user)).filter(users::password_hash.eq(old.hash.expose()));
            let change = update(account)
                .set((users::password_hash.eq(new.hash.expose()), users::password_key_id.eq(&new.key_id)));
            on!(store, write, |conn| change.execute(conn)).map(drop)
        })
        .await
    }

    /// The ids of the keys that stored passwords need.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock, factories};
    /// use auth_engine::PasswordKey;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store.clone(), Arc::new(SystemClock)).await;
    /// # let ann = factories::user(&*auth).name("Ann").email("ann@example.com").create().await.user;
    /// let key = PasswordKey::new(&"a password secret for tests only".into())?; // of the factories
    /// assert_eq!(store.password_key_ids().await?, [key.id()], "without it nobody could sign in");
    /// # Ok(()) }
    /// ```
    pub async fn password_key_ids(&self) -> Result<Vec<String>, StoreError> {
        // A step of the index per key, instead of a walk over all users.
        let mut ids: Vec<String> = Vec::new();
        loop {
            let last = ids.last().map_or("", String::as_str);
            let next =
                users::table.filter(users::password_key_id.gt(last)).select(min(users::password_key_id));
            match on!(self, read, |conn| next.first(conn))? {
                Some(id) => ids.push(id),
                None => return Ok(ids),
            }
        }
    }
}
