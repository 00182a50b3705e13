//! One query body, either database.

/// Runs a query body on a connection of whichever database the store has.
///
/// `on!(self, lane, |conn| body)`, where the store has a field `database` and the lane is
/// - `read`: `body` is a future of a result; on SQLite it runs on one of the readers;
/// - `write`: the same on SQLite's one writer;
/// - `transaction`: `body` is a block that may use `?` and `.await` and ends in a
///   `Result<_, StoreError>`; all of it commits or none.
///
/// Where the databases must differ, give two bodies, PostgreSQL's first:
/// `on!(self, read, |pg| body, |lite| body)`. The answer is a `Result<_, StoreError>`.
///
/// # Example
/// ```
/// # use database::{Database, Location, PoolSettings};
/// # use database::Migrations;
/// # use diesel_migrations::embed_migrations;
/// use database::{StoreError, detached, jobs::jobs, on};
/// use diesel::{ExpressionMethods, QueryDsl, delete};
/// use diesel_async::RunQueryDsl;
///
/// #[derive(Clone)]
/// struct Store {
///     database: Database,
/// }
///
/// impl Store {
///     async fn count(&self) -> Result<i64, StoreError> {
///         on!(self, read, |conn| jobs::table.count().get_result(conn))
///     }
///
///     async fn forget(&self, kind: &'static str) -> Result<usize, StoreError> {
///         let (store, old) = (self.clone(), jobs::table.filter(jobs::kind.eq(kind)));
///         detached(async move { on!(store, write, |conn| delete(old).execute(conn)) }).await
///     }
/// }
/// # const JOBS: Migrations = Migrations {
/// #     postgres: embed_migrations!("../../migrations/jobs/postgres"),
/// #     sqlite: embed_migrations!("../../migrations/jobs/sqlite"),
/// # };
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let location = Location::Sqlite { path: folder.path().join("jobs.db") };
/// # let database = Database::open(location, &PoolSettings::default())?;
/// # database.migrate(JOBS).await?;
/// let store = Store { database };
/// assert_eq!((store.forget("example.greet").await?, store.count().await?), (0, 0));
/// # Ok(()) }
/// ```
#[macro_export]
macro_rules! on {
    ($store:expr, $lane:ident, |$conn:ident| $body:expr) => {
        $crate::on!($store, $lane, |$conn| $body, |$conn| $body)
    };
    ($store:expr, transaction, |$pg:ident| $pg_body:expr, |$lite:ident| $lite_body:expr) => {
        match $store.database.pool() {
            $crate::Pool::Postgres(pool) => match pool.get().await {
                Ok(mut connection) => {
                    $crate::diesel_async::AsyncConnection::transaction::<_, $crate::StoreError, _>(
                        &mut *connection,
                        async |$pg| $pg_body,
                    )
                    .await
                }
                Err(error) => Err(error),
            },
            $crate::Pool::Sqlite(pool) => match pool.write().await {
                Ok(mut connection) => {
                    connection
                        .immediate_transaction::<_, $crate::StoreError, _>(async |$lite| $lite_body)
                        .await
                }
                Err(error) => Err(error),
            },
        }
    };
    ($store:expr, $lane:ident, |$pg:ident| $pg_body:expr, |$lite:ident| $lite_body:expr) => {
        match $store.database.pool() {
            $crate::Pool::Postgres(pool) => match pool.get().await {
                Ok(mut connection) => {
                    let $pg = &mut *connection;
                    $pg_body.await.map_err($crate::StoreError::from)
                }
                Err(error) => Err(error),
            },
            $crate::Pool::Sqlite(pool) => match pool.$lane().await {
                Ok(mut connection) => {
                    let $lite = &mut *connection;
                    $lite_body.await.map_err($crate::StoreError::from)
                }
                Err(error) => Err(error),
            },
        }
    };
}
