//! Exports: making their archives, and removing them.

use database::{At, Col, StoreError, detached, on};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper, delete, insert_into, update};
use diesel_async::RunQueryDsl;
use engine_interfaces::{ExportId, Timestamp, UserId};

use super::{
    Store,
    exports::{FAILED, PENDING, READY},
    rows::{ExportRow, PartRow},
    schema::{export_parts, exports},
};

/// An export that is being made.
///
/// # Example
/// ```
/// use auth_engine::PendingExport;
///
/// /// Whether its worker goes on where another one, which died, stopped.
/// fn has_begun(export: &PendingExport) -> bool {
///     export.parts > 0 || export.position.is_some()
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingExport {
    /// Whose.
    pub user_id: UserId,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// How many parts there are.
    pub parts: i32,
    /// Where to go on; none before the first part.
    pub position: Option<String>,
}

/// More of an archive.
///
/// # Example
/// ```
/// use auth_engine::{PendingExport, Progress, Timestamp};
///
/// /// The last parts: there is nothing to go on with, and the archive can be had.
/// fn last(export: &PendingExport, parts: Vec<Vec<u8>>, until: Timestamp) -> Progress {
///     Progress { seen_parts: export.parts, parts, position: None, ready_until: Some(until) }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Progress {
    /// How many parts there were when these were made: if there are others by now, nothing is added.
    pub seen_parts: i32,
    /// What follows them.
    pub parts: Vec<Vec<u8>>,
    /// Where to go on; none after the last.
    pub position: Option<String>,
    /// These are the last: the archive is ready, until then.
    pub ready_until: Option<Timestamp>,
}

impl Store {
    /// An export that is still to be made.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, factories};
    /// use auth_engine::{Accounts, Clock, SystemClock};
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
    /// let pending = store.pending_export(export, now).await?.ok_or("it is not made yet")?;
    /// assert_eq!((pending.user_id, pending.parts, pending.position), (ann.id, 0, None));
    /// # Ok(()) }
    /// ```
    pub async fn pending_export(
        &self,
        export: ExportId,
        now: Timestamp,
    ) -> Result<Option<PendingExport>, StoreError> {
        let row = exports::table
            .find(Col(export))
            .filter(exports::state.eq(PENDING))
            .filter(exports::expires_at.gt(At(now)));
        let row: Option<ExportRow> = on!(self, read, |conn| async {
            row.select(ExportRow::as_select()).first(conn).await.optional()
        })?;
        Ok(row.map(PendingExport::from))
    }

    /// Adds to an archive. `false`, and nothing is added: another worker was first, or it is wanted no more.
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
    /// let (parts, position) = (vec![b"some".to_vec()], Some("messages".to_owned()));
    /// let first = Progress { seen_parts: 0, parts, position, ready_until: None };
    /// assert!(store.continue_export(export, first.clone(), now).await?);
    /// assert!(!store.continue_export(export, first, now).await?, "these parts are there already");
    /// # Ok(()) }
    /// ```
    pub async fn continue_export(
        &self,
        export: ExportId,
        progress: Progress,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let store = self.clone();
        let bytes: usize = progress.parts.iter().map(Vec::len).sum();
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let rows: Vec<_> = (progress.seen_parts..)
            .zip(progress.parts)
            .map(|(number, content)| PartRow { export_id: Col(export), number, content })
            .collect();
        let parts = rows.last().map_or(progress.seen_parts, |last| last.number.saturating_add(1));
        detached(async move {
            on!(store, transaction, |conn| {
                let pending = exports::table
                    .find(Col(export))
                    .filter(exports::state.eq(PENDING))
                    .filter(exports::parts.eq(progress.seen_parts))
                    .filter(exports::expires_at.gt(At(now)));
                let changed = update(pending)
                    .set((
                        exports::parts.eq(parts),
                        exports::bytes.eq(exports::bytes + bytes),
                        exports::position.eq(progress.position),
                        progress
                            .ready_until
                            .map(|until| (exports::state.eq(READY), exports::expires_at.eq(At(until)))),
                    ))
                    .execute(conn)
                    .await?;
                if changed == 0 {
                    return Ok(false);
                }
                for row in rows {
                    insert_into(export_parts::table).values(row).execute(conn).await?;
                }
                Ok(true)
            })
        })
        .await
    }

    /// Gives an export up.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, factories};
    /// use auth_engine::{Accounts, Clock, ExportState, SystemClock};
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
    /// store.fail_export(export).await?;
    /// let found = store.find_export(ann.id, export, now).await?.ok_or("it stays until it expires")?;
    /// assert_eq!(found.state, ExportState::Failed);
    /// # Ok(()) }
    /// ```
    pub async fn fail_export(&self, export: ExportId) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move {
            let pending = exports::table.find(Col(export)).filter(exports::state.eq(PENDING));
            on!(store, write, |conn| update(pending).set(exports::state.eq(FAILED)).execute(conn)).map(drop)
        })
        .await
    }

    /// Removes the exports that have expired, `chunk` parts in a transaction: a row goes when its parts have.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, factories};
    /// use auth_engine::{Accounts, Clock, SystemClock};
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
    /// let expired = auth.show_export(ann.id, export).await?.expires_at;
    /// store.prune_exports(expired, 100).await?;
    /// assert!(store.find_export(ann.id, export, now).await?.is_none());
    /// # Ok(()) }
    /// ```
    pub async fn prune_exports(&self, now: Timestamp, chunk: i64) -> Result<(), StoreError> {
        loop {
            let expired = exports::table.filter(exports::expires_at.le(At(now))).select(exports::id).limit(1);
            let expired: Option<Col<ExportId>> =
                on!(self, read, |conn| async { expired.first(conn).await.optional() })?;
            let Some(export) = expired else {
                return Ok(());
            };
            while self.remove_parts(export, chunk).await? {}
            let store = self.clone();
            detached(
                async move { on!(store, write, |conn| delete(exports::table.find(export)).execute(conn)) },
            )
            .await?;
        }
    }

    /// Removes the last `chunk` parts of an expired archive, to which nothing is added any more. `false` when
    /// there were none.
    async fn remove_parts(&self, export: Col<ExportId>, chunk: i64) -> Result<bool, StoreError> {
        let store = self.clone();
        detached(async move {
            let numbers = export_parts::table
                .filter(export_parts::export_id.eq(export))
                .order(export_parts::number.desc())
                .limit(chunk)
                .select(export_parts::number);
            let numbers: Vec<i32> = on!(store, read, |conn| numbers.load(conn))?;
            let parts = export_parts::table
                .filter(export_parts::export_id.eq(export))
                .filter(export_parts::number.eq_any(&numbers));
            on!(store, write, |conn| delete(parts).execute(conn))?;
            Ok(!numbers.is_empty())
        })
        .await
    }
}
