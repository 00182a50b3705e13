//! Accounts: making and finding them.

use database::{
    Col, StoreError, detached,
    jobs::{Enqueue, NewJob},
    on,
};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper, insert_into};
use diesel_async::RunQueryDsl;
use engine_interfaces::{Limit, Timestamp, User, UserId};

use super::{PasswordHash, Store, rows::UserRow, schema::users};

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
}
