//! Accounts: changing and ending them.

use database::{
    At, Col, StoreError, detached,
    jobs::{Enqueue, NewJob},
    on,
};
use diesel::{ExpressionMethods, QueryDsl, delete, insert_into, update};
use diesel_async::RunQueryDsl;
use engine_interfaces::{Timestamp, UserId};

use super::{
    PasswordHash, Refusal, Store,
    rows::{RefusalRow, UserChanges},
    schema::{exports, refused_tokens, users},
};

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
}
