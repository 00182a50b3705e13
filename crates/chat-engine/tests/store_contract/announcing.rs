//! What is told of what was stored.

use std::{sync::Arc, time::Duration};

use chat_engine::{Chat, ChatError, GroupId, Seq, Settings, Store, factories};
use database::{Col, Database, StoreError, on};
use diesel::{QueryableByName, sql_query, sql_types::BigInt};
use diesel_async::RunQueryDsl;

use crate::{Setup, on_both, quick};

on_both!(
    messages_are_announced_in_order,
    what_the_broker_missed_is_announced_by_the_sweep,
    what_the_queue_dropped_is_announced_by_the_sweep,
    what_was_announced_is_announced_once_and_forgotten,
    a_drained_engine_has_stored_and_announced_all,
    an_engines_tasks_end_with_it,
);

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

async fn count(store: &Store, sql: &str) -> Result<i64, StoreError> {
    struct Asked {
        database: Database,
    }
    let asked = Asked { database: store.database().clone() };
    let row: Count = on!(asked, read, |conn| sql_query(sql).get_result(conn))?;
    Ok(row.count)
}

/// How many jobs are not done.
pub(crate) async fn open_jobs(store: &Store) -> i64 {
    let sql = "SELECT count(*) AS count FROM jobs WHERE done_at IS NULL";
    count(store, sql).await.unwrap()
}

/// How many rows of a group there are, but for the one that keeps its id taken.
pub(crate) async fn rows_of(store: &Store, group: GroupId) -> i64 {
    struct Asked {
        database: Database,
    }
    let asked = Asked { database: store.database().clone() };
    let mut rows = 0;
    for table in ["group_heads", "memberships", "messages", "outbox"] {
        let query = |bind: &str| format!("SELECT count(*) AS count FROM {table} WHERE group_id = {bind}");
        let found: Result<Count, StoreError> = on!(
            asked,
            read,
            |pg| sql_query(query("$1")).bind::<database::Id, _>(Col(group)).get_result(pg),
            |lite| sql_query(query("?")).bind::<database::Id, _>(Col(group)).get_result(lite)
        );
        rows += found.unwrap().count;
    }
    rows
}

/// How many deadlocks the database has seen.
pub(crate) async fn deadlocks(store: &Store) -> i64 {
    match store.database().location() {
        database::Location::Sqlite { .. } => 0,
        database::Location::Postgres { .. } => {
            let sql = "SELECT deadlocks AS count FROM pg_stat_database WHERE datname = current_database()";
            count(store, sql).await.unwrap()
        }
    }
}

/// Breaks all connections to the store but the one that asks for it.
pub(crate) async fn break_connections(store: &Store) {
    let sql = "SELECT count(pg_terminate_backend(pid)) AS count FROM pg_stat_activity \
               WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()";
    while count(store, sql).await.is_err() {}
}

/// How many ranges wait in the outbox, and how many are there at all.
pub(crate) async fn outbox(store: &Store) -> (i64, i64) {
    let waiting = "SELECT count(*) AS count FROM outbox WHERE published_at IS NULL";
    let all = "SELECT count(*) AS count FROM outbox";
    (count(store, waiting).await.unwrap(), count(store, all).await.unwrap())
}

pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect(what);
}

async fn messages_are_announced_in_order(test: Setup) {
    let (first, owner) = factories::group(&test.chat).create().await;
    let (second, _) = factories::group(&test.chat).owner(owner).create().await;
    let calls: Vec<_> = (0..400)
        .map(|n| {
            let chat = Arc::clone(&test.chat);
            let group = if n % 2 == 0 { first.id } else { second.id };
            tokio::spawn(async move { chat.send_message(factories::draft(owner, group)).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let (mut at_first, mut at_second) = (Seq::ZERO, Seq::ZERO);
    for _ in 0..400 {
        let told = test.broker.next_message().await;
        let at = if told.group_id == first.id { &mut at_first } else { &mut at_second };
        *at = at.next();
        assert_eq!(told.seq, *at);
    }
}

async fn what_the_broker_missed_is_announced_by_the_sweep(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    test.broker.fail();
    for _ in 0..150 {
        test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    }
    until("all was tried", async || test.broker.refused() == 150).await;
    test.clock.advance(Duration::from_secs(2));
    assert_eq!(outbox(&test.store).await.0, 150, "sending goes on, and it is known what was not told");
    assert!(test.broker.take_messages().is_empty());

    test.broker.heal();
    for seq in 1..=150 {
        assert_eq!(test.broker.next_message().await.seq, Seq(seq));
    }
    until("all is marked", async || outbox(&test.store).await.0 == 0).await;
}

async fn what_the_queue_dropped_is_announced_by_the_sweep(mut test: Setup) {
    test.restart(Settings { announce_queue: 1, writer_batch: 1, ..quick() });
    let (group, owner) = factories::group(&test.chat).create().await;
    for _ in 0..100 {
        test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    }
    test.clock.advance(Duration::from_secs(2));
    let mut told = std::collections::BTreeSet::new();
    while told.len() < 100 {
        told.insert(test.broker.next_message().await.seq);
    }
}

async fn what_was_announced_is_announced_once_and_forgotten(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    until("it is marked", async || outbox(&test.store).await == (0, 1)).await;
    test.clock.advance(Duration::from_secs(299));
    let (second, _) = factories::group(&test.chat).owner(owner).create().await;
    test.chat.send_message(factories::draft(owner, second.id)).await.unwrap();
    until("the second is marked", async || outbox(&test.store).await.0 == 0).await;
    assert_eq!(outbox(&test.store).await.1, 2, "kept for five minutes");

    test.clock.advance(Duration::from_secs(2));
    until("the first is forgotten", async || outbox(&test.store).await == (0, 1)).await;
    assert_eq!(test.broker.take_messages().len(), 2);
}

async fn a_drained_engine_has_stored_and_announced_all(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let chat = Arc::clone(&test.chat);
            tokio::spawn(async move { chat.send_message(factories::draft(owner, group.id)).await })
        })
        .collect();
    test.chat.drain().await;
    let mut stored = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => stored += 1,
            Err(ChatError::Busy) => {}
            Err(error) => panic!("{error}"),
        }
    }
    let refused = test.chat.send_message(factories::draft(owner, group.id)).await;
    assert!(matches!(refused, Err(ChatError::Busy)));
    assert_eq!(test.broker.take_messages().len(), stored);
    assert_eq!(outbox(&test.store).await.0, 0, "and marked");
    let shown = test.chat.show_group(owner, group.id).await.unwrap();
    assert_eq!(usize::try_from(shown.last_seq.0).unwrap(), stored, "it still reads");
}

async fn an_engines_tasks_end_with_it(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    let Setup { chat, broker, .. } = test;
    drop(chat);
    until("nothing holds the broker", async || Arc::strong_count(&broker) == 1).await;
}
