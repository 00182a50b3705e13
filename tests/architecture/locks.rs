//! A migration blocks nobody who writes for long, on a table of a million rows.

use std::{
    fs,
    time::{Duration, Instant},
};

use diesel::{QueryableByName, sql_query, sql_types::Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use test_support::OwnDatabase;

use crate::{migrations::statements, sources::root};

const ROWS: u32 = 1_000_000;
/// How long a migration may hold a lock that a write waits for.
const LIMIT: Duration = Duration::from_millis(500);
/// The last migration of the empty tables: those that come after it find them full.
const FIRST: &str = "2026-01-01-000090_create_jobs";

#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
struct Held {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text)]
    mode: String,
}

/// The locks that a migration holds on tables that were there before it, as far as a write waits for them, and for
/// how long it holds them at most.
async fn run(pg: &mut AsyncPgConnection, sql: &str) -> (Vec<Held>, Duration) {
    pg.batch_execute(
        "CREATE TEMPORARY TABLE before ON COMMIT DROP AS
         SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    )
    .await
    .unwrap();
    let began = Instant::now();
    pg.batch_execute(sql).await.unwrap();
    let took = began.elapsed();
    let held = sql_query(
        "SELECT relname::text AS table, mode FROM pg_locks JOIN pg_class c ON c.oid = relation JOIN before USING (oid)
         WHERE pid = pg_backend_pid() AND mode IN
             ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') ORDER BY 1, 2",
    );
    (held.load(pg).await.unwrap(), took)
}

fn is_too_long((held, took): &(Vec<Held>, Duration)) -> bool {
    !held.is_empty() && *took > LIMIT
}

/// Runs it as the runner does, in a transaction of its own.
async fn migrate(pg: &mut AsyncPgConnection, sql: &str) -> (Vec<Held>, Duration) {
    pg.batch_execute("BEGIN").await.unwrap();
    let ran = run(pg, sql).await;
    pg.batch_execute("COMMIT").await.unwrap();
    ran
}

/// chat's migrations in their order, by name.
fn migrations() -> Vec<(String, String)> {
    let folder = root().join("migrations/chat/postgres");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort_unstable();
    let read = |name: &String| fs::read_to_string(folder.join(name).join("up.sql")).unwrap();
    names.into_iter().map(|name| (name.clone(), read(&name))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_migration_blocks_writes_of_a_million_messages() {
    let database = OwnDatabase::create().await;
    let mut pg = AsyncPgConnection::establish(database.url()).await.unwrap();
    let (first, later): (Vec<_>, Vec<_>) =
        migrations().into_iter().partition(|(name, _)| name.as_str() <= FIRST);
    for (_, sql) in &first {
        migrate(&mut pg, sql).await;
    }
    pg.batch_execute(&format!(
        "INSERT INTO messages (group_id, seq, id, user_id, created_at, updated_at, message)
         SELECT md5((n % 100)::text)::uuid, n, md5(n::text)::uuid, md5((n % 1000)::text)::uuid, now(), now(), 'Hello'
         FROM generate_series(1, {ROWS}) n; ANALYZE messages"
    ))
    .await
    .unwrap();

    assert!(!later.is_empty());
    for (name, sql) in &later {
        if statements(sql).iter().any(|statement| statement.contains(" concurrently ")) {
            // It waits for others, and nobody waits for it; in a transaction PostgreSQL refuses it.
            pg.batch_execute(sql).await.unwrap();
            continue;
        }
        let ran = migrate(&mut pg, sql).await;
        assert!(!is_too_long(&ran), "{name} keeps writes waiting: {ran:?}");
    }

    // What is looked for would be seen.
    let held = |table: &str, mode: &str| Held { table: table.to_owned(), mode: mode.to_owned() };
    let indexed = migrate(&mut pg, "CREATE INDEX planted ON messages (user_id)").await;
    assert_eq!(indexed.0, [held("messages", "ShareLock")]);
    let slow = migrate(&mut pg, "LOCK TABLE messages IN SHARE MODE; SELECT pg_sleep(0.6)").await;
    assert!(is_too_long(&slow), "{slow:?}");
    let added = migrate(&mut pg, "ALTER TABLE messages ADD COLUMN planted text").await;
    assert_eq!(added.0, [held("messages", "AccessExclusiveLock")]);
    assert!(!is_too_long(&added), "a column without a value is there at once: {added:?}");
}
