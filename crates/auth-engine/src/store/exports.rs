//! Exports: asking for them, and having them.

use database::{
    At, Col, StoreError, detached,
    jobs::{Enqueue, NewJob},
    on,
};
use diesel::{
    ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, SelectableHelper, insert_into, update,
};
use diesel_async::RunQueryDsl;
use engine_interfaces::{Export, ExportId, Timestamp, UserId};

use super::{
    Store,
    rows::ExportRow,
    schema::{export_parts, exports, users},
};

/// The states, as rows have them.
pub(super) const PENDING: &str = "pending";
pub(super) const READY: &str = "ready";
pub(super) const FAILED: &str = "failed";

/// What came of asking for an export.
///
/// # Example
/// ```
/// use auth_engine::{AuthError, Clock, Export, Requested};
///
/// /// What the user is told.
/// fn answer(requested: Requested, clock: &dyn Clock) -> Result<Export, AuthError> {
///     match requested {
///         Requested::Export(export) => Ok(export),
///         Requested::TooMany(until) => Err(AuthError::RateLimited { retry_after: until.since(clock.now()) }),
///         Requested::NoUser => Err(AuthError::UserNotFound),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requested {
    /// It is being made, since now or for a while.
    Export(Export),
    /// The user has as many as a user may have; the first of them expires then.
    TooMany(Timestamp),
    /// There is no such user.
    NoUser,
}

/// An export to be asked for.
///
/// # Example
/// ```
/// use std::time::Duration;
///
/// use auth_engine::{Clock, ExportId, NewExport, UserId};
/// use database::jobs::NewJob;
/// use engine_interfaces::JobId;
///
/// /// The job's key is the export's id: an export has one job.
/// fn new_export(user_id: UserId, clock: &dyn Clock) -> NewExport {
///     let (id, at) = (ExportId(clock.new_id()), clock.now());
///     let (job, none) = (JobId(clock.new_id()), serde_json::Value::Null);
///     let job = NewJob::new(job, "example.export", id.to_string(), &none, at, at);
///     NewExport { id, user_id, at, expires_at: at.plus(Duration::from_secs(3_600)), job }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct NewExport {
    /// Its id.
    pub id: ExportId,
    /// Whose.
    pub user_id: UserId,
    /// When.
    pub at: Timestamp,
    /// When it is given up if it has not been made.
    pub expires_at: Timestamp,
    /// What makes it.
    pub job: NewJob,
}

impl Store {
    /// Adds an export and its job, unless one of the user's is pending, which is the answer then, or there are
    /// `most` already.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::{sync::Arc, time::Duration};
    /// # use auth_engine::{Clock, ExportId, NewExport, Store, SystemClock, factories};
    /// # use database::jobs::NewJob;
    /// # use engine_interfaces::JobId;
    /// use auth_engine::Requested;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store.clone(), Arc::new(SystemClock)).await;
    /// # let ann = factories::user(&*auth).name("Ann").email("ann@example.com").create().await.user;
    /// # let new_export = || {
    /// #     let (id, at, none) = (ExportId(SystemClock.new_id()), SystemClock.now(), serde_json::Value::Null);
    /// #     let job = NewJob::new(JobId(SystemClock.new_id()), "example.export", id.to_string(), &none, at, at);
    /// #     NewExport { id, user_id: ann.id, at, expires_at: at.plus(Duration::from_secs(3_600)), job }
    /// # };
    /// let requested = store.request_export(new_export(), 3).await?;
    /// assert!(matches!(requested, Requested::Export(_)));
    /// let again = store.request_export(new_export(), 3).await?;
    /// assert_eq!(again, requested, "one is being made already");
    /// # Ok(()) }
    /// ```
    pub async fn request_export(&self, new: NewExport, most: usize) -> Result<Requested, StoreError> {
        let store = self.clone();
        detached(async move {
            on!(store, transaction, |conn| {
                // An update that changes nothing is the lock that both databases have.
                let user = users::table.find(Col(new.user_id));
                let locked = update(user).set(users::updated_at.eq(users::updated_at)).execute(conn).await?;
                if locked == 0 {
                    return Ok(Requested::NoUser);
                }
                let rows: Vec<ExportRow> = exports::table
                    .filter(exports::user_id.eq(Col(new.user_id)))
                    .filter(exports::expires_at.gt(At(new.at)))
                    .select(ExportRow::as_select())
                    .load(conn)
                    .await?;
                let first = rows.iter().map(|row| row.expires_at.0).min();
                let live = rows.len();
                if let Some(pending) = rows.into_iter().find(|row| row.state == PENDING) {
                    return Ok(Requested::Export(pending.try_into()?));
                }
                if let Some(first) = first.filter(|_| live >= most) {
                    return Ok(Requested::TooMany(first));
                }
                let row = ExportRow::pending(new.id, new.user_id, new.at, new.expires_at);
                insert_into(exports::table).values(&row).execute(conn).await?;
                conn.enqueue(new.job).await?;
                Ok(Requested::Export(row.try_into()?))
            })
        })
        .await
    }

    /// An export of `user` that has not expired.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, factories};
    /// use auth_engine::{Accounts, Clock, SystemClock, UserId};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store.clone(), Arc::new(SystemClock)).await;
    /// # let ann = factories::user(&*auth).name("Ann").email("ann@example.com").create().await.user;
    /// # let now = SystemClock.now();
    /// # let export = auth.request_export(ann.id).await?.id;
    /// let bob = UserId::from_name("bob");
    /// assert!(store.find_export(ann.id, export, now).await?.is_some());
    /// assert!(store.find_export(bob, export, now).await?.is_none(), "it is hers alone");
    /// # Ok(()) }
    /// ```
    pub async fn find_export(
        &self,
        user: UserId,
        export: ExportId,
        now: Timestamp,
    ) -> Result<Option<Export>, StoreError> {
        let row = exports::table
            .find(Col(export))
            .filter(exports::user_id.eq(Col(user)))
            .filter(exports::expires_at.gt(At(now)));
        let row: Option<ExportRow> = on!(self, read, |conn| async {
            row.select(ExportRow::as_select()).first(conn).await.optional()
        })?;
        row.map(Export::try_from).transpose()
    }

    /// A part of an archive that is ready and has not expired. Runs as a task of its own: whoever downloads may
    /// hang up.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, factories};
    /// use auth_engine::{Accounts, Clock, Progress, SystemClock};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store.clone(), Arc::new(SystemClock)).await;
    /// # let ann = factories::user(&*auth).name("Ann").email("ann@example.com").create().await.user;
    /// # let now = SystemClock.now();
    /// # let export = auth.request_export(ann.id).await?.id;
    /// # let (parts, position) = (vec![b"one".to_vec(), b"two".to_vec()], None);
    /// # let ready_until = Some(now.plus(std::time::Duration::from_secs(60)));
    /// # store.continue_export(export, Progress { seen_parts: 0, parts, position, ready_until }, now).await?;
    /// let (mut archive, mut number) = (Vec::new(), 0);
    /// while let Some(part) = store.read_part(ann.id, export, number, now).await? {
    ///     archive.extend(part);
    ///     number += 1;
    /// }
    /// assert_eq!(archive, b"onetwo");
    /// # Ok(()) }
    /// ```
    pub async fn read_part(
        &self,
        user: UserId,
        export: ExportId,
        number: i32,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let store = self.clone();
        let part = export_parts::table
            .inner_join(exports::table.on(exports::id.eq(export_parts::export_id)))
            .filter(export_parts::export_id.eq(Col(export)))
            .filter(export_parts::number.eq(number))
            .filter(exports::user_id.eq(Col(user)))
            .filter(exports::state.eq(READY))
            .filter(exports::expires_at.gt(At(now)))
            .select(export_parts::content);
        detached(async move { on!(store, read, |conn| async { part.first(conn).await.optional() }) }).await
    }
}
