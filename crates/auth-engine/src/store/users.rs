//! Users and what proves them.

use database::{
    At, Col, StoreError, detached,
    jobs::{Enqueue, NewJob},
    on,
};
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper, delete, dsl::min, insert_into, update,
};
use diesel_async::RunQueryDsl;
use engine_interfaces::{Contact, Limit, Secret, Timestamp, User, UserId, UserName};

use super::{
    Refusal, Store,
    rows::{RefusalRow, UserChanges, UserRow},
    schema::{exports, refused_tokens, users},
};

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

/// A user, and what only this engine knows of them.
///
/// # Example
/// ```
/// use auth_engine::{Account, Token};
///
/// /// Whether a token that is not revoked by itself is one of the account's, as it is now.
/// fn is_current(account: &Account, token: &Token) -> bool {
///     token.user_id == account.user.id && token.generation == account.token_generation
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user.
    pub user: User,
    /// Their password. A guest has none.
    pub password: Option<PasswordHash>,
    /// Goes up when all tokens are refused; each token says of which generation it is.
    pub token_generation: i32,
    /// Since when they can't sign in.
    pub disabled_at: Option<Timestamp>,
}

/// A change of an account. What is `None` stays as it is.
///
/// # Example
/// ```
/// use auth_engine::{Account, AccountChange, Timestamp};
///
/// /// A new name, and nothing else. All tokens stay good.
/// fn renamed(account: &Account, name: &str, at: Timestamp) -> AccountChange {
///     let (user_id, seen_generation) = (account.user.id, account.token_generation);
///     let name = Some(name.to_owned());
///     AccountChange { user_id, seen_generation, at, name, password: None, disable: false, refusal: None }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct AccountChange {
    /// Whose.
    pub user_id: UserId,
    /// The token generation that the change was decided upon: if it has moved, nothing changes.
    pub seen_generation: i32,
    /// When.
    pub at: Timestamp,
    /// The new name.
    pub name: Option<String>,
    /// The new password.
    pub password: Option<PasswordHash>,
    /// Whether they can't sign in from now on.
    pub disable: bool,
    /// Which tokens are refused from now on; its generation becomes the account's.
    pub refusal: Option<Refusal>,
}

/// The end of an account.
///
/// # Example
/// ```
/// use auth_engine::{Account, AccountEnd, Refusal, Timestamp};
/// use database::jobs::NewJob;
///
/// /// Ends an account whose last token ends at `last`.
/// fn end(account: &Account, at: Timestamp, last: Timestamp, jobs: Vec<NewJob>) -> AccountEnd {
///     let (user_id, seen_generation) = (account.user.id, account.token_generation);
///     let generation = seen_generation + 1; // which nobody will have
///     let refusal = Refusal { user_id, generation, kept: None, revoked_at: at, expires_at: last };
///     AccountEnd { seen_generation, refusal, jobs }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct AccountEnd {
    /// The token generation that it was decided upon: if it has moved, nothing ends.
    pub seen_generation: i32,
    /// All tokens are refused from now on; says whose and when.
    pub refusal: Refusal,
    /// What erases the rest.
    pub jobs: Vec<NewJob>,
}

/// Refuses tokens from now on, within the transaction of what causes it.
macro_rules! refuse {
    ($conn:expr, $refusal:expr) => {
        insert_into(refused_tokens::table)
            .values(RefusalRow::from($refusal))
            .on_conflict(refused_tokens::user_id)
            .do_update()
            .set(RefusalRow::from($refusal))
            .execute($conn)
            .await?
    };
}

impl Store {
    /// Adds accounts: all of them or, when an address is taken, none.
    ///
    /// # Errors
    /// [`StoreError::Taken`] of `email_key` when somebody has the address.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock, factories};
    /// use auth_engine::{Clock, UserId};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store.clone(), Arc::new(SystemClock)).await;
    /// # let ann = factories::user(&*auth).name("Ann").email("ann@example.com").create().await.user;
    /// let mut other = store.find_account(ann.id).await?.ok_or("she signed up")?;
    /// other.user.id = UserId(SystemClock.new_id());
    /// let refused = store.insert_accounts(vec![other]).await.unwrap_err();
    /// assert!(refused.is_taken("email_key"), "her address is taken");
    /// # Ok(()) }
    /// ```
    pub async fn insert_accounts(&self, accounts: Vec<Account>) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move {
            on!(store, transaction, |conn| {
                for account in accounts {
                    let row = UserRow::from(account);
                    insert_into(users::table).values(row).execute(conn).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Adds a guest's account and the job that ends it: both or neither.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock, factories};
    /// use auth_engine::{Account, Clock, User, UserId};
    /// use database::jobs::NewJob;
    /// use engine_interfaces::JobId;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store.clone(), Arc::new(SystemClock)).await;
    /// # let ann = factories::user(&*auth).name("Ann").email("ann@example.com").create().await.user;
    /// let (id, now) = (UserId(SystemClock.new_id()), SystemClock.now());
    /// let user = User { id, name: "Guest".into(), email: None, guest: true, created_at: now, updated_at: now };
    /// let guest = Account { user, password: None, token_generation: 0, disabled_at: None };
    /// # let (job, none) = (JobId(SystemClock.new_id()), serde_json::Value::Null);
    /// let end = NewJob::new(job, "example.end", id.to_string(), &none, now, now); // at its end, not now
    /// store.insert_guest(guest, end).await?;
    /// assert!(store.contacts(&[id]).await?.is_empty(), "nobody can write to a guest");
    /// # Ok(()) }
    /// ```
    pub async fn insert_guest(&self, guest: Account, end: NewJob) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move {
            on!(store, transaction, |conn| {
                insert_into(users::table).values(UserRow::from(guest)).execute(conn).await?;
                conn.enqueue(end).await?;
                Ok(())
            })
        })
        .await
    }

    /// Those of `users` that have an account that is no guest's.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock, factories};
    /// use auth_engine::UserId;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store.clone(), Arc::new(SystemClock)).await;
    /// # let ann = factories::user(&*auth).name("Ann").email("ann@example.com").create().await.user;
    /// let gone = UserId::from_name("somebody whose account has ended");
    /// assert_eq!(store.lasting_among(&[ann.id, gone]).await?, [ann.id]);
    /// # Ok(()) }
    /// ```
    pub async fn lasting_among(&self, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let ids: Vec<_> = users.iter().copied().map(Col).collect();
        let rows =
            users::table.filter(users::id.eq_any(ids)).filter(users::guest.eq(false)).select(users::id);
        let rows: Vec<Col<UserId>> = on!(self, read, |conn| rows.load(conn))?;
        Ok(rows.into_iter().map(|user| user.0).collect())
    }

    /// An account by its id.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock, factories};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store.clone(), Arc::new(SystemClock)).await;
    /// # let ann = factories::user(&*auth).name("Ann").email("ann@example.com").create().await.user;
    /// let account = store.find_account(ann.id).await?.ok_or("she signed up")?;
    /// assert_eq!((account.token_generation, account.disabled_at), (0, None));
    /// # Ok(()) }
    /// ```
    pub async fn find_account(&self, user: UserId) -> Result<Option<Account>, StoreError> {
        let row = users::table.find(Col(user));
        let row =
            on!(self, read, |conn| async { row.select(UserRow::as_select()).first(conn).await.optional() })?;
        Ok(row.map(Account::from))
    }

    /// An account by its address in Unicode lower case. A guest has none: what makes their row unique is no address.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock, factories};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store.clone(), Arc::new(SystemClock)).await;
    /// # let ann = factories::user(&*auth).name("Ann").email("ann@example.com").create().await.user;
    /// let key = "Ann@Example.com".to_lowercase(); // the caller's part
    /// let found = store.find_account_by_email(&key).await?;
    /// assert_eq!(found.map(|account| account.user.id), Some(ann.id));
    /// # Ok(()) }
    /// ```
    pub async fn find_account_by_email(&self, email_key: &str) -> Result<Option<Account>, StoreError> {
        // PostgreSQL refuses a text with a NUL; no address has one.
        if email_key.contains('\0') {
            return Ok(None);
        }
        let row = users::table.filter(users::email_key.eq(email_key)).filter(users::guest.eq(false));
        let row =
            on!(self, read, |conn| async { row.select(UserRow::as_select()).first(conn).await.optional() })?;
        Ok(row.map(Account::from))
    }

    /// Accounts by id, which is by age, after `after`.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock, factories};
    /// use engine_interfaces::Limit;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store.clone(), Arc::new(SystemClock)).await;
    /// # let ann = factories::user(&*auth).name("Ann").email("ann@example.com").create().await.user;
    /// let first = store.list_accounts(None, Limit::default()).await?;
    /// assert_eq!(first.len(), 1);
    /// let next = store.list_accounts(first.last().map(|account| account.user.id), Limit::default()).await?;
    /// assert!(next.is_empty(), "that was all");
    /// # Ok(()) }
    /// ```
    pub async fn list_accounts(
        &self,
        after: Option<UserId>,
        limit: Limit,
    ) -> Result<Vec<Account>, StoreError> {
        let first = after.unwrap_or(UserId(Default::default()));
        let rows = users::table
            .filter(users::id.gt(Col(first)))
            .order(users::id)
            .limit(i64::try_from(limit.get()).unwrap_or(i64::MAX));
        let rows = on!(self, read, |conn| rows.select(UserRow::as_select()).load(conn))?;
        Ok(rows.into_iter().map(Account::from).collect())
    }

    /// The names of those of `users` that exist.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock, factories};
    /// use auth_engine::UserId;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store.clone(), Arc::new(SystemClock)).await;
    /// # let ann = factories::user(&*auth).name("Ann").email("ann@example.com").create().await.user;
    /// let names = store.user_names(&[UserId::from_name("nobody"), ann.id]).await?;
    /// assert_eq!(names.len(), 1, "who is not there is left out");
    /// assert_eq!(names[0].name, "Ann");
    /// # Ok(()) }
    /// ```
    pub async fn user_names(&self, users: &[UserId]) -> Result<Vec<UserName>, StoreError> {
        let ids: Vec<_> = users.iter().copied().map(Col).collect();
        let rows = users::table.filter(users::id.eq_any(ids)).select((users::id, users::name));
        let rows: Vec<(Col<UserId>, String)> = on!(self, read, |conn| rows.load(conn))?;
        Ok(rows.into_iter().map(|(id, name)| UserName { id: id.0, name }).collect())
    }

    /// How those of `users` are reached that are neither guests nor disabled.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock, factories};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store.clone(), Arc::new(SystemClock)).await;
    /// # let ann = factories::user(&*auth).name("Ann").email("ann@example.com").create().await.user;
    /// assert_eq!(store.contacts(&[ann.id]).await?[0].email.expose(), "ann@example.com");
    /// auth.disable_user(ann.id).await?;
    /// assert!(store.contacts(&[ann.id]).await?.is_empty());
    /// # Ok(()) }
    /// ```
    pub async fn contacts(&self, users: &[UserId]) -> Result<Vec<Contact>, StoreError> {
        let ids: Vec<_> = users.iter().copied().map(Col).collect();
        let rows = users::table
            .filter(users::id.eq_any(ids))
            .filter(users::guest.eq(false))
            .filter(users::disabled_at.is_null())
            .select((users::id, users::name, users::email));
        let rows: Vec<(Col<UserId>, String, String)> = on!(self, read, |conn| rows.load(conn))?;
        let contact = |(id, name, email): (Col<UserId>, String, String)| Contact {
            user_id: id.0,
            name,
            email: Secret::new(email),
        };
        Ok(rows.into_iter().map(contact).collect())
    }

    /// Changes an account and refuses tokens, both or neither. `false`: the account has moved on since the
    /// change was decided upon, and nothing changed.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock, factories};
    /// use auth_engine::{AccountChange, Clock};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store.clone(), Arc::new(SystemClock)).await;
    /// # let ann = factories::user(&*auth).name("Ann").email("ann@example.com").create().await.user;
    /// let (user_id, at, name) = (ann.id, SystemClock.now(), Some("Anna".to_owned()));
    /// let seen_generation = store.find_account(user_id).await?.ok_or("she signed up")?.token_generation;
    /// # let (password, disable, refusal) = (None, false, None);
    /// let change = AccountChange { user_id, seen_generation, at, name, password, disable, refusal };
    /// assert!(store.change_account(change.clone()).await?);
    /// auth.disable_user(user_id).await?; // refuses her tokens, so that the account moves on
    /// assert!(!store.change_account(change).await?, "to be decided upon again");
    /// # Ok(()) }
    /// ```
    pub async fn change_account(&self, change: AccountChange) -> Result<bool, StoreError> {
        let store = self.clone();
        detached(async move {
            on!(store, transaction, |conn| {
                let account = users::table
                    .find(Col(change.user_id))
                    .filter(users::token_generation.eq(change.seen_generation));
                let changed = update(account).set(UserChanges::from(&change)).execute(conn).await?;
                if changed == 0 {
                    return Ok(false);
                }
                if let Some(refusal) = change.refusal {
                    refuse!(conn, refusal);
                }
                Ok(true)
            })
        })
        .await
    }

    /// Removes an account, refuses its tokens, ends its exports and enqueues what erases the rest: all of it or
    /// nothing. `false`: the account has moved on since, and nothing ended.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock, factories};
    /// use auth_engine::{AccountEnd, Clock, Refusal};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store.clone(), Arc::new(SystemClock)).await;
    /// # let ann = factories::user(&*auth).name("Ann").email("ann@example.com").create().await.user;
    /// let (user_id, now) = (ann.id, SystemClock.now());
    /// let refusal = Refusal { user_id, generation: 1, kept: None, revoked_at: now, expires_at: now };
    /// let end = AccountEnd { seen_generation: 0, refusal, jobs: Vec::new() };
    /// assert!(store.end_account(end.clone()).await?);
    /// assert!(store.find_account(user_id).await?.is_none());
    /// assert!(!store.end_account(end).await?, "it has ended before");
    /// # Ok(()) }
    /// ```
    pub async fn end_account(&self, end: AccountEnd) -> Result<bool, StoreError> {
        let store = self.clone();
        detached(async move {
            on!(store, transaction, |conn| {
                let user = Col(end.refusal.user_id);
                let account = users::table.find(user).filter(users::token_generation.eq(end.seen_generation));
                if delete(account).execute(conn).await? == 0 {
                    return Ok(false);
                }
                refuse!(conn, end.refusal);
                update(exports::table.filter(exports::user_id.eq(user)))
                    .set(exports::expires_at.eq(At(end.refusal.revoked_at)))
                    .execute(conn)
                    .await?;
                for job in end.jobs {
                    conn.enqueue(job).await?;
                }
                Ok(true)
            })
        })
        .await
    }

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
