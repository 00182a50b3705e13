//! What others ask about users.

use database::{Col, StoreError, on};
use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use engine_interfaces::{Contact, Secret, UserId, UserName};

use super::{Store, schema::users};

impl Store {
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
}
