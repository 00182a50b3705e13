//! Which of SQLite's readers is given.

use database::{Database, Location, Pool, PoolSettings};
use diesel_async::SimpleAsyncConnection;

/// A connection is known by a table that no other one sees.
#[tokio::test]
async fn the_reader_that_was_used_last_is_given_next() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Sqlite { path: folder.path().join("any.db") };
    let database = Database::open(location, &PoolSettings::default()).unwrap();
    let Pool::Sqlite(pool) = database.pool() else { panic!("it is a file") };

    let first = pool.read().await.unwrap();
    let mut last = pool.read().await.unwrap();
    last.batch_execute("CREATE TEMPORARY TABLE used_last (number INTEGER)").await.unwrap();
    drop(first);
    drop(last);

    let mut next = pool.read().await.unwrap();
    next.batch_execute("SELECT number FROM used_last").await.unwrap();
}
