//! How often somebody tried.

use database::{At, StoreError, detached, on};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, SelectableHelper, delete, dsl::case_when, insert_into,
};
use diesel_async::RunQueryDsl;
use engine_interfaces::Timestamp;

use super::{
    Store,
    rows::{FailureRow, SignUpRow},
    schema::{sign_in_failures, sign_ups},
};

/// Failed sign-ins of one address from one network.
///
/// # Example
/// ```
/// use auth_engine::Failures;
///
/// /// What counts against the network: of whatever address, since anybody may try many.
/// fn of_network(failures: &[Failures]) -> i32 {
///     failures.iter().map(|one| one.count).sum()
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures {
    /// A keyed hash of the address.
    pub email_hash: Vec<u8>,
    /// How many.
    pub count: i32,
    /// Since when they are counted.
    pub since: Timestamp,
}

impl Store {
    /// The failures from `network` that are counted since later than `after`, one entry per address.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::time::Duration;
    /// # use auth_engine::{Clock, Store, SystemClock};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// let (network, hash) = ("192.0.2.0/24".to_owned(), vec![7; 32]); // of the address, under a key
    /// let now = SystemClock.now();
    /// let after = now.minus(Duration::from_secs(15 * 60));
    /// assert!(store.sign_in_failures(&network, after).await?.is_empty());
    /// store.count_sign_in_failure(network.clone(), hash.clone(), now, after).await?;
    /// assert_eq!(store.sign_in_failures(&network, after).await?[0].email_hash, hash);
    /// assert!(store.sign_in_failures(&network, now).await?.is_empty(), "those counted since later than that");
    /// # Ok(()) }
    /// ```
    pub async fn sign_in_failures(
        &self,
        network: &str,
        after: Timestamp,
    ) -> Result<Vec<Failures>, StoreError> {
        let rows = sign_in_failures::table
            .filter(sign_in_failures::network.eq(network))
            .filter(sign_in_failures::since.gt(At(after)));
        let rows = on!(self, read, |conn| rows.select(FailureRow::as_select()).load(conn))?;
        let failures = rows.into_iter().map(|row| Failures {
            email_hash: row.email_hash,
            count: row.count,
            since: row.since.0,
        });
        Ok(failures.collect())
    }

    /// Counts a failure at `now`; one that is counted since `after` or earlier begins anew.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::time::Duration;
    /// # use auth_engine::{Clock, Store, SystemClock};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// let (network, hash) = ("192.0.2.0/24".to_owned(), vec![7; 32]); // of the address, under a key
    /// let now = SystemClock.now();
    /// let after = now.minus(Duration::from_secs(15 * 60));
    /// for _ in 0..2 {
    ///     store.count_sign_in_failure(network.clone(), hash.clone(), now, after).await?;
    /// }
    /// assert_eq!(store.sign_in_failures(&network, after).await?[0].count, 2);
    /// store.count_sign_in_failure(network.clone(), hash, now, now).await?;
    /// assert_eq!(store.sign_in_failures(&network, after).await?[0].count, 1, "it begins anew");
    /// # Ok(()) }
    /// ```
    pub async fn count_sign_in_failure(
        &self,
        network: String,
        email_hash: Vec<u8>,
        now: Timestamp,
        after: Timestamp,
    ) -> Result<(), StoreError> {
        use sign_in_failures as table;
        let store = self.clone();
        detached(async move {
            let lives = table::since.gt(At(after));
            let count = insert_into(table::table)
                .values(FailureRow { network, email_hash, count: 1, since: At(now) })
                .on_conflict((table::network, table::email_hash))
                .do_update()
                .set((
                    table::count.eq(case_when(lives, table::count + 1).otherwise(1)),
                    table::since.eq(case_when(lives, table::since).otherwise(At(now))),
                ));
            on!(store, write, |conn| count.execute(conn)).map(drop)
        })
        .await
    }

    /// Forgets the failures of one address from one network.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::time::Duration;
    /// # use auth_engine::{Clock, Store, SystemClock};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// let (network, hash) = ("192.0.2.0/24".to_owned(), vec![7; 32]); // of the address, under a key
    /// let now = SystemClock.now();
    /// let after = now.minus(Duration::from_secs(15 * 60));
    /// store.count_sign_in_failure(network.clone(), hash.clone(), now, after).await?;
    /// store.clear_sign_in_failures(network.clone(), hash).await?; // the right password came
    /// assert!(store.sign_in_failures(&network, after).await?.is_empty());
    /// # Ok(()) }
    /// ```
    pub async fn clear_sign_in_failures(
        &self,
        network: String,
        email_hash: Vec<u8>,
    ) -> Result<(), StoreError> {
        use sign_in_failures as table;
        let store = self.clone();
        detached(async move {
            let failures =
                table::table.filter(table::network.eq(network).and(table::email_hash.eq(email_hash)));
            on!(store, write, |conn| delete(failures).execute(conn)).map(drop)
        })
        .await
    }

    /// Counts a sign-up at `now`, and answers how many there were from the network and since when; what is
    /// counted since `after` or earlier begins anew.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::time::Duration;
    /// # use auth_engine::{Clock, Store, SystemClock};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// let network = "192.0.2.0/24".to_owned();
    /// let now = SystemClock.now();
    /// let after = now.minus(Duration::from_secs(15 * 60));
    /// assert_eq!(store.count_sign_up(network.clone(), now, after).await?, (1, now));
    /// let later = now.plus(Duration::from_secs(60));
    /// assert_eq!(store.count_sign_up(network, later, after).await?, (2, now));
    /// # Ok(()) }
    /// ```
    pub async fn count_sign_up(
        &self,
        network: String,
        now: Timestamp,
        after: Timestamp,
    ) -> Result<(i32, Timestamp), StoreError> {
        use sign_ups as table;
        let store = self.clone();
        detached(async move {
            let lives = table::since.gt(At(after));
            let count = insert_into(table::table)
                .values(SignUpRow { network, count: 1, since: At(now) })
                .on_conflict(table::network)
                .do_update()
                .set((
                    table::count.eq(case_when(lives, table::count + 1).otherwise(1)),
                    table::since.eq(case_when(lives, table::since).otherwise(At(now))),
                ))
                .returning((table::count, table::since));
            let (count, since): (i32, At) = on!(store, write, |conn| count.get_result(conn))?;
            Ok((count, since.0))
        })
        .await
    }

    /// Forgets failures and sign-ups that are counted since before a time of each.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::time::Duration;
    /// # use auth_engine::{Clock, Store, SystemClock};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// let (network, hash) = ("192.0.2.0/24".to_owned(), vec![7; 32]); // of the address, under a key
    /// let now = SystemClock.now();
    /// let after = now.minus(Duration::from_secs(15 * 60));
    /// store.count_sign_in_failure(network.clone(), hash, after, after).await?;
    /// store.prune_attempts(now, now).await?; // what is older counts no more
    /// let ever = after.minus(Duration::from_secs(60));
    /// assert!(store.sign_in_failures(&network, ever).await?.is_empty());
    /// # Ok(()) }
    /// ```
    pub async fn prune_attempts(&self, failures: Timestamp, ups: Timestamp) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move {
            let failures = delete(sign_in_failures::table.filter(sign_in_failures::since.lt(At(failures))));
            let ups = delete(sign_ups::table.filter(sign_ups::since.lt(At(ups))));
            on!(store, write, |conn| failures.execute(conn))?;
            on!(store, write, |conn| ups.execute(conn)).map(drop)
        })
        .await
    }
}
