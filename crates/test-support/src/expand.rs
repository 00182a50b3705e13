//! Tables as the next version may have them.

use database::{Database, StoreError, diesel_async::SimpleAsyncConnection, on};
use diesel::{QueryableByName, sql_query, sql_types::Text};
use diesel_async::RunQueryDsl;

/// The version of the migration that [`expand`] stands for.
const VERSION: &str = "99991231000010";

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

struct Store<'a> {
    database: &'a Database,
}

/// Does what a migration of the next version may do while this one serves: every table gets a column, there is
/// another table, and a note that the migration ran. Answers its version.
pub async fn expand(database: &Database) -> &'static str {
    const POSTGRES: &str = "SELECT tablename::text AS name FROM pg_tables
                            WHERE schemaname = current_schema() AND tablename NOT LIKE '%diesel%'";
    const SQLITE: &str = "SELECT name FROM sqlite_schema
                          WHERE type = 'table' AND name NOT LIKE '%diesel%' AND name NOT LIKE 'sqlite%'";
    let store = Store { database };
    let tables: Vec<Table> = on!(store, read, |pg| sql_query(POSTGRES).load(pg), |lite| sql_query(SQLITE)
        .load(lite))
    .expect("the tables are listed");
    assert!(!tables.is_empty(), "the database is migrated");
    let columns = tables
        .iter()
        .map(|table| format!("ALTER TABLE {} ADD COLUMN expanded TEXT NOT NULL DEFAULT 'yes';", table.name));
    let statements = columns.collect::<String>()
        + "CREATE TABLE expansions (id BIGINT PRIMARY KEY);"
        + &format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{VERSION}');");
    on!(store, transaction, |conn| {
        conn.batch_execute(&statements).await?;
        Ok::<_, StoreError>(())
    })
    .expect("the tables are expanded");
    VERSION
}
