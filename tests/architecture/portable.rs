//! What moves from one database to another is all that there is.

use database::portable::{Kind, Table};
use test_support::TestDatabase;

use crate::{migrations::migrations, schema::lines, sql::ENGINES};

fn tables(engine: &str) -> Vec<Table> {
    match engine {
        "auth" => auth_engine::tables(),
        "chat" => chat_engine::tables(),
        "jobs" => jobs::tables(),
        "notifications" => notification_engine::tables(),
        "user_resources" => user_resources::tables(),
        other => panic!("name the tables of {other} here"),
    }
}

/// `table column type null key`: a line for each column, in order.
fn told(engine: &str, name: impl Fn(Kind) -> &'static str) -> Vec<String> {
    let mut lines = Vec::new();
    for table in tables(engine) {
        for column in &table.columns {
            let key = table.key.iter().position(|key| *key == column.name).map_or(0, |at| at + 1);
            let null = if column.nullable { "null" } else { "not null" };
            lines.push(format!("{} {} {} {null} {key}", table.name, column.name, name(column.kind)));
        }
    }
    lines.sort_unstable();
    lines
}

async fn made(test: &TestDatabase) -> Vec<String> {
    let made = lines(
        &test.database(),
        "SELECT format('%s %s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                       CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END,
                       coalesce(array_position(i.indkey::int2[], a.attnum) + 1, 0)) AS line
         FROM pg_class c
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
         WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')",
        "SELECT t.name || ' ' || c.name || ' ' || lower(c.type) || ' ' ||
                CASE WHEN c.\"notnull\" THEN 'not null' ELSE 'null' END || ' ' || c.pk AS line
         FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'",
    )
    .await;
    let mut ours: Vec<_> = made.into_iter().filter(|line| !line.starts_with("__diesel")).collect();
    ours.sort_unstable();
    ours
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_postgres_moves() {
    for engine in ENGINES {
        let test = TestDatabase::postgres(migrations(engine)).await;
        let told = told(engine, |kind| match kind {
            Kind::Id => "uuid",
            Kind::Text => "text",
            Kind::Integer => "integer",
            Kind::BigInt => "bigint",
            Kind::Bool => "boolean",
            Kind::Bytes => "bytea",
            Kind::Instant => "timestamp with time zone",
        });
        assert_eq!(told, made(&test).await, "{engine}: its store/portable.rs has every table and its key");
        let sequences =
            "SELECT sequencename::text AS line FROM pg_sequences WHERE schemaname = current_schema()";
        let counted = lines(&test.database(), sequences, "").await;
        assert!(counted.is_empty(), "a sequence would have to move too: {counted:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_sqlite_moves() {
    for engine in ENGINES {
        let test = TestDatabase::sqlite(migrations(engine)).await;
        let told = told(engine, |kind| match kind {
            Kind::Id | Kind::Bytes => "blob",
            Kind::Text => "text",
            Kind::Integer | Kind::BigInt | Kind::Bool | Kind::Instant => "integer",
        });
        assert_eq!(told, made(&test).await, "{engine}: its store/portable.rs has every table and its key");
    }
}
