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
                Err(error) => Err($crate::StoreError::unavailable(error)),
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
                Err(error) => Err($crate::StoreError::unavailable(error)),
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
