//! The shape of chat's tables, so that to distribute them by group is an operation and not a rewrite.

use test_support::TestDatabase;

use crate::{
    migrations::migrations,
    schema::lines,
    sources::{files, root},
    sql::{named_tables, tables, words},
};

/// Each unique index of chat's tables as `table first_column columns`; the first is the primary key's.
async fn unique_keys(test: &TestDatabase) -> Vec<String> {
    let keys = lines(
        &test.database(),
        "SELECT format('%s %s %s', c.relname, CASE WHEN indisprimary THEN 'primary' ELSE 'unique' END,
                       (SELECT string_agg(attname, ',' ORDER BY n) FROM unnest(indkey) WITH ORDINALITY AS k (num, n)
                        JOIN pg_attribute ON attrelid = indrelid AND attnum = num)) AS line
         FROM pg_index JOIN pg_class c ON c.oid = indrelid
         WHERE relnamespace = current_schema()::regnamespace AND indisunique ORDER BY line",
        "SELECT t.name || ' ' || CASE i.origin WHEN 'pk' THEN 'primary' ELSE 'unique' END || ' ' ||
                (SELECT group_concat(name, ',') FROM pragma_index_info(i.name)) AS line
         FROM sqlite_schema t JOIN pragma_index_list(t.name) i ON i.\"unique\"
         WHERE t.type = 'table' ORDER BY line",
    )
    .await;
    let ours = keys.into_iter().filter(|key| !key.contains("diesel_schema_migrations"));
    ours.filter(|key| !key.starts_with("jobs ")).collect()
}

/// Rule 1: the group comes first in each primary key, and lies in every unique one.
async fn every_key_has_the_group(test: TestDatabase) {
    let keys = unique_keys(&test).await;
    let primary = keys.iter().filter(|key| key.contains(" primary "));
    assert_eq!(primary.count(), tables("chat").len(), "each table has a primary key: {keys:#?}");
    for key in keys {
        let mut parts = key.split(' ');
        let (table, kind, columns) = (parts.next(), parts.next(), parts.next().unwrap());
        // A group's own id is what its other tables name group_id.
        let group = if table == Some("groups") { "id" } else { "group_id" };
        let mut columns = columns.split(',');
        let holds = match kind {
            Some("primary") => columns.next() == Some(group),
            _ => columns.any(|column| column == group),
        };
        assert!(holds, "a key without its group can't be distributed: {key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_key_of_chat_has_the_group_on_sqlite() {
    every_key_has_the_group(TestDatabase::sqlite(migrations("chat")).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_key_of_chat_has_the_group_on_postgres() {
    every_key_has_the_group(TestDatabase::postgres(migrations("chat")).await).await;
}

/// Rule 2, as far as SQL text shows it: between one table's name and the next, a function names the group.
#[test]
fn chats_functions_name_the_group_wherever_they_name_a_table() {
    let words = words("chat/postgres");
    let begin = words.iter().position(|word| word == "function").unwrap();
    let words = &words[begin..];
    let tables = tables("chat");
    let named = named_tables(words);
    assert!(named.iter().any(|(_, table)| tables.contains(*table)), "the functions were found");
    for (n, (at, table)) in named.iter().enumerate() {
        if !tables.contains(*table) {
            continue;
        }
        let end = named.get(n + 1).map_or(words.len(), |(next, _)| *next);
        let names = words[*at..end].iter().any(|word| word == "group_id" || word == "the_group");
        // An update joined with what was asked names the group after its FROM.
        let joined = words[end..].iter().take(40).any(|word| word == "group_id" || word == "the_group");
        assert!(names || joined, "{table} is named without its group: {:?}", &words[*at..end]);
    }
}

/// Rule 3: what can't be done on several nodes at once.
#[test]
fn chat_has_no_sequence_trigger_advisory_lock_or_notification() {
    const BANNED: [&str; 10] = [
        "sequence",
        "serial",
        "bigserial",
        "generated",
        "trigger",
        "pg_advisory_lock",
        "pg_advisory_xact_lock",
        "listen",
        "notify",
        "nextval",
    ];
    let words = words("chat");
    let found: Vec<_> = words.iter().filter(|word| BANNED.contains(&word.as_str())).collect();
    assert!(found.is_empty(), "{found:?}");

    for (path, text) in files(&root().join("crates/chat-engine/src"), ".rs") {
        for banned in ["advisory", "NOTIFY", "LISTEN", "nextval", "TRIGGER", "SEQUENCE"] {
            assert!(!text.contains(banned), "{} speaks of {banned}", path.display());
        }
    }
}

/// Rule 3 again: a time or a random value that an UPDATE makes itself differs from node to node.
#[test]
fn chats_sql_reads_no_clock_and_throws_no_dice() {
    let volatile =
        ["clock_timestamp", "statement_timestamp", "current_timestamp", "random", "gen_random_uuid"];
    let words = words("chat");
    let found: Vec<_> = words.iter().filter(|word| volatile.contains(&word.as_str())).collect();
    assert!(found.is_empty(), "pass the time and the ids: {found:?}");
}
