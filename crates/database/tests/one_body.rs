//! One query body does the same on both databases; the `jobs` table is the example.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use database::{
    At, Col, Database, MigrationState, Migrations, StoreError, detached,
    jobs::{Enqueue, NewJob, jobs as table},
    on,
};
use diesel::QueryDsl;
use diesel_async::RunQueryDsl;
use diesel_migrations::embed_migrations;
use engine_interfaces::{Clock, JobId};
use test_support::{FixedClock, TestDatabase, expand};

const MIGRATIONS: Migrations = Migrations {
    postgres: embed_migrations!("../../migrations/jobs/postgres"),
    sqlite: embed_migrations!("../../migrations/jobs/sqlite"),
};

struct Store {
    database: Database,
}

impl Store {
    async fn add(&self, jobs: Vec<NewJob>, fail: bool) -> Result<(), StoreError> {
        let store = Self { database: self.database.clone() };
        detached(async move {
            on!(store, transaction, |conn| {
                for job in jobs {
                    conn.enqueue(job).await?;
                }
                if fail { Err(StoreError::unavailable("planted")) } else { Ok(()) }
            })
        })
        .await
    }

    async fn all(&self) -> Result<Vec<(Col<JobId>, String, At)>, StoreError> {
        let query = table::table.order(table::id).select((table::id, table::key, table::run_at));
        on!(self, read, |conn| query.load(conn))
    }
}

async fn contract(test: TestDatabase) {
    let store = Store { database: test.database() };
    let clock = FixedClock::default();
    let now = clock.now();
    let job = |key: &str| {
        NewJob::new(JobId(clock.new_id()), "Example", key.to_owned(), &serde_json::json!({}), now, now)
    };

    store.add(vec![job("a"), job("b")], false).await.unwrap();
    store.add(vec![job("a")], false).await.unwrap();
    store.add(vec![job("c")], true).await.unwrap_err();

    let all = store.all().await.unwrap();
    let mut keys: Vec<_> = all.iter().map(|(_, key, _)| key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["a", "b"], "a key is there once, and a failed transaction leaves nothing");
    assert!(all.iter().all(|(_, _, run_at)| run_at.0 == now), "times come back as they went in");
    store.database.ready().await.unwrap();
    let is_file = store.database.location().file().is_some();
    let facts = store.database.facts().await.unwrap();
    assert_eq!(facts.encrypted, (!is_file).then_some(false), "the tests' URL does not ask for it");

    let same = MigrationState { pending: Vec::new(), newer: Vec::new() };
    assert_eq!(store.database.migration_state(MIGRATIONS).await.unwrap(), same);
    let newer = expand(&store.database).await;
    let ahead = MigrationState { newer: vec![newer.to_owned()], ..same };
    assert_eq!(store.database.migration_state(MIGRATIONS).await.unwrap(), ahead);
    assert!(store.database.migrate(MIGRATIONS).await.unwrap().is_empty(), "what is newer stays as it is");
    store.add(vec![job("d")], false).await.unwrap();
    assert_eq!(store.all().await.unwrap().len(), 3, "the version before does not notice");
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    contract(TestDatabase::sqlite(MIGRATIONS).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    contract(TestDatabase::postgres(MIGRATIONS).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_may_migrate_a_new_file_at_once() {
    let folder = tempfile::TempDir::new().unwrap();
    let location = database::Location::Sqlite { path: folder.path().join("new.db") };
    let new = Database::open(location.clone(), &database::PoolSettings::default()).unwrap();
    let pending = new.migration_state(MIGRATIONS).await.unwrap().pending.len();
    let started: Vec<_> = (0..4)
        .map(|_| {
            let database = Database::open(location.clone(), &database::PoolSettings::default()).unwrap();
            tokio::spawn(async move { database.migrate(MIGRATIONS).await.unwrap().len() })
        })
        .collect();
    let mut ran = 0;
    for one in started {
        ran += one.await.unwrap();
    }
    assert_eq!(ran, pending, "each migration runs once");
}

/// Whoever comes after a migration that waits for a lock would wait for it too.
#[tokio::test(flavor = "multi_thread")]
async fn a_migration_does_not_wait_for_a_lock_for_long_and_can_be_tried_again() {
    let test = TestDatabase::postgres(MIGRATIONS).await;
    let database = test.database();
    let store = Store { database: database.clone() };
    let (locked, is_locked) = tokio::sync::oneshot::channel();
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let reader = tokio::spawn(async move {
        on!(store, transaction, |conn| {
            let count: i64 = table::table.count().get_result(conn).await?;
            let _ = locked.send(count);
            let _ = released.await;
            Ok::<_, StoreError>(())
        })
    });
    assert_eq!(is_locked.await.unwrap(), 0);

    let refused = database.unmigrate(MIGRATIONS).await.unwrap_err();
    let cause = std::error::Error::source(&refused).unwrap().to_string();
    assert!(cause.contains("lock timeout"), "{cause}");
    assert_eq!(
        database.migration_state(MIGRATIONS).await.unwrap().pending.len(),
        1,
        "the one that waited changed nothing"
    );

    release.send(()).unwrap();
    reader.await.unwrap().unwrap();
    assert_eq!(database.unmigrate(MIGRATIONS).await.unwrap().len(), 1);
}
