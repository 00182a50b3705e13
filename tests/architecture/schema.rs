//! What a database says of itself.

use database::{Database, on};
use diesel::{QueryableByName, sql_query, sql_types::Text};
use diesel_async::RunQueryDsl;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

struct Asked<'a> {
    database: &'a Database,
}

/// The first column, named `line`, of what the database answers; each database has a query of its own.
pub(crate) async fn lines(database: &Database, postgres: &str, sqlite: &str) -> Vec<String> {
    let asked = Asked { database };
    let lines: Vec<Line> =
        on!(asked, read, |pg| sql_query(postgres).load(pg), |lite| sql_query(sqlite).load(lite)).unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

/// Everything that the migrations made, in an order of its own; nothing of the migration runner's.
pub(crate) async fn schema(database: &Database) -> Vec<String> {
    lines(
        database,
        "SELECT line FROM (
            SELECT table_name, format('%s.%s %s %s %s %s', table_name, column_name, ordinal_position, data_type,
                                      is_nullable, column_default) AS line
            FROM information_schema.columns WHERE table_schema = current_schema()
            UNION ALL
            SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = current_schema()
            UNION ALL
            SELECT conrelid::regclass::text, conrelid::regclass || ' ' || pg_get_constraintdef(oid)
            FROM pg_constraint WHERE connamespace = current_schema()::regnamespace
            UNION ALL
            SELECT relname, format('%s %s %s', relname, relkind, reloptions)
            FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'S', 'v', 'm')
            UNION ALL
            SELECT tgrelid::regclass::text, pg_get_triggerdef(t.oid)
            FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
            WHERE relnamespace = current_schema()::regnamespace AND NOT tgisinternal
            UNION ALL
            SELECT proname, pg_get_functiondef(oid)
            FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
        ) AS all_lines (of, line) WHERE of NOT LIKE '%diesel_schema_migrations%' ORDER BY line",
        "SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS line FROM sqlite_schema
         WHERE tbl_name NOT LIKE '%diesel_schema_migrations%' AND name NOT LIKE 'sqlite_stat%' ORDER BY line",
    )
    .await
}
