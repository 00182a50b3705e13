//! Connections to PostgreSQL, and the runtimes that drive them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use database::{Database, Location, Pool, PoolSettings, PostgresConnection, PostgresPool, StoreError, Usage};
use diesel::{sql_query, sql_types::Integer};
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager,
};
use diesel_migrations::embed_migrations;
use test_support::TestDatabase;
use tokio::runtime::{Builder, Runtime};

const MIGRATIONS: database::Migrations = database::Migrations {
    postgres: embed_migrations!("../../migrations/jobs/postgres"),
    sqlite: embed_migrations!("../../migrations/jobs/sqlite"),
};

#[derive(diesel::QueryableByName)]
struct Backend {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

/// Which of the server's processes serves a connection.
async fn backend(pg: &mut AsyncPgConnection) -> i32 {
    let row: Backend = sql_query("SELECT pg_backend_pid() AS pid").get_result(pg).await.unwrap();
    row.pid
}

/// A pool of `size`, beside that of the test's database.
fn database(test: &TestDatabase, size: usize) -> Database {
    Database::open(test.database().location().clone(), &settings(size)).unwrap()
}

fn settings(size: usize) -> PoolSettings {
    PoolSettings { size, wait: Duration::from_millis(500), ..PoolSettings::default() }
}

fn pool(database: &Database) -> &PostgresPool {
    match database.pool() {
        Pool::Postgres(pool) => pool,
        Pool::Sqlite(_) => panic!("it is PostgreSQL's"),
    }
}

/// Which backend a runtime gets for one statement.
fn on(runtime: &Runtime, pool: &PostgresPool) -> i32 {
    runtime.block_on(async { backend(&mut pool.get().await.unwrap()).await })
}

/// Returns once a pool is used so.
fn becomes(database: &Database, usage: Usage) {
    let began = Instant::now();
    while database.usage() != usage {
        assert!(began.elapsed() < Duration::from_secs(30), "it is {:?}", database.usage());
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Two that drive nothing but what runs on them, as an HTTP server's threads.
fn runtimes() -> (Runtime, Runtime) {
    let runtime = || Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    (runtime(), runtime())
}

/// With a database, on a runtime beside those of the test, which are dropped off it.
fn with_database(test: impl FnOnce(&TestDatabase)) {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let database = runtime.block_on(TestDatabase::postgres(MIGRATIONS));
    let _within = runtime.enter();
    test(&database);
}

#[test]
fn each_runtime_has_its_own_as_long_as_there_is_room() {
    with_database(|test| {
        let (one, other) = runtimes();
        let roomy = database(test, 2);
        let first = on(&one, pool(&roomy));
        assert_eq!(on(&other, pool(&roomy)), first, "until it has its own");
        becomes(&roomy, Usage { limit: 2, open: 2, idle: 2, waiting: 0 });
        let second = on(&other, pool(&roomy));
        assert_ne!(first, second);
        for _ in 0..3 {
            assert_eq!((on(&one, pool(&roomy)), on(&other, pool(&roomy))), (first, second));
        }
        assert_eq!(roomy.usage().open, 2);

        let narrow = database(test, 1);
        let only = on(&one, pool(&narrow));
        assert_eq!(on(&other, pool(&narrow)), only, "there is no room for another");
    });
}

#[test]
fn where_the_server_has_no_room_another_runtimes_serves() {
    with_database(|test| {
        let (one, other) = runtimes();
        let Location::Postgres { mut config, schema } = test.database().location().clone() else {
            panic!("it is PostgreSQL's")
        };
        // The test's schema has a name that no other has.
        let role = format!("narrow_{schema}");
        let superuser = database(test, 1);
        let execute = |statement: String| {
            one.block_on(async {
                pool(&superuser).get().await.unwrap().batch_execute(&statement).await.unwrap()
            })
        };
        // Its name is its password, where the server asks for one.
        execute(format!("CREATE ROLE {role} LOGIN PASSWORD '{role}' CONNECTION LIMIT 1"));
        config.user(role.as_str()).password(role.as_str());
        let narrow = Database::open(Location::Postgres { config, schema }, &settings(2)).unwrap();
        let only = on(&one, pool(&narrow));
        for _ in 0..3 {
            assert_eq!(on(&other, pool(&narrow)), only);
            becomes(&narrow, Usage { limit: 2, open: 1, idle: 1, waiting: 0 });
        }
        drop(narrow);
        execute(format!("SELECT pg_terminate_backend({only}, 10000); DROP ROLE {role}"));
    });
}

#[test]
fn what_was_used_last_is_used_next() {
    with_database(|test| {
        let (runtime, _other) = runtimes();
        let database = database(test, 3);
        runtime.block_on(async {
            let (mut first, mut second) =
                (pool(&database).get().await.unwrap(), pool(&database).get().await.unwrap());
            let (one, two) = (backend(&mut first).await, backend(&mut second).await);
            drop(first);
            drop(second);
            assert_eq!(backend(&mut pool(&database).get().await.unwrap()).await, two);
            let (held, mut next) =
                (pool(&database).get().await.unwrap(), pool(&database).get().await.unwrap());
            assert_eq!(backend(&mut next).await, one);
            drop(held);
        });
    });
}

#[test]
fn who_finds_none_waits_for_a_turn_and_not_for_ever() {
    with_database(|test| {
        let (runtime, _other) = runtimes();
        let database = database(test, 1);
        runtime.block_on(async {
            let held = pool(&database).get().await.unwrap();
            let (refused, ()) = tokio::join!(pool(&database).get(), async {
                assert_eq!(database.usage(), Usage { limit: 1, open: 1, idle: 0, waiting: 1 });
            });
            assert!(matches!(refused, Err(StoreError::Unavailable(_))));
            let (next, ()) = tokio::join!(pool(&database).get(), async { drop(held) });
            drop(next.unwrap());
            assert_eq!(database.usage(), Usage { limit: 1, open: 1, idle: 1, waiting: 0 });
        });
    });
}

#[test]
fn a_broken_one_makes_room_for_another() {
    with_database(|test| {
        let (runtime, _other) = runtimes();
        let database = database(test, 1);
        runtime.block_on(async {
            // In the midst of a transaction nobody else can use it.
            let mut left: PostgresConnection<'_> = pool(&database).get().await.unwrap();
            let before = backend(&mut left).await;
            AnsiTransactionManager::begin_transaction(&mut *left).await.unwrap();
            drop(left);
            assert_eq!(database.usage().open, 0);
            assert_ne!(backend(&mut pool(&database).get().await.unwrap()).await, before);

            // The other way about: it ends while nobody uses it.
            let idle = backend(&mut pool(&database).get().await.unwrap()).await;
            let end = sql_query(format!("SELECT pg_terminate_backend({idle}, 10000)"));
            end.execute(&mut *pool(&self::database(test, 1)).get().await.unwrap()).await.unwrap();
            let mut next = pool(&database).get().await;
            while let Ok(connection) = &mut next {
                // Its end is heard a moment after the server told of it.
                if sql_query("SELECT 1").execute(&mut **connection).await.is_ok() {
                    break;
                }
                drop(next);
                next = pool(&database).get().await;
            }
            assert_ne!(backend(&mut next.unwrap()).await, idle);
        });
    });
}
