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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordHash {
    /// bcrypt's text, of the password as the key made it.
    pub hash: Secret,
    /// The key.
    pub key_id: String,
}

/// A user, and what only this engine knows of them.
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
