//! All that a database holds, as text.

use database::{Database, StoreError, on};
use diesel::{QueryableByName, sql_query, sql_types::Text};
use diesel_async::RunQueryDsl;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

async fn lines(database: &Database, postgres: &str, sqlite: &str) -> Result<Vec<String>, StoreError> {
    struct Asked<'a> {
        database: &'a Database,
    }
    let asked = Asked { database };
    let lines: Vec<Line> =
        on!(asked, read, |pg| sql_query(postgres).load(pg), |lite| sql_query(sqlite).load(lite))?;
    Ok(lines.into_iter().map(|line| line.line).collect())
}

/// Every row of every table, a line each: for a test that looks for what must not be there. An id is written
/// with hyphens on PostgreSQL and as `X'…'` on SQLite.
pub async fn dump(database: &Database) -> String {
    let columns = lines(
        database,
        "SELECT format('%s %s', table_name, column_name) AS line FROM information_schema.columns
         WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position",
        "SELECT t.name || ' ' || c.name AS line FROM sqlite_schema t JOIN pragma_table_info(t.name) c
         WHERE t.type = 'table' ORDER BY t.name, c.cid",
    )
    .await
    .expect("the tables are known");
    let columns: Vec<_> = columns.iter().filter_map(|column| column.split_once(' ')).collect();
    let mut all = Vec::new();
    for of_table in columns.chunk_by(|one, other| one.0 == other.0) {
        let table = of_table[0].0;
        let quoted: Vec<_> = of_table.iter().map(|(_, column)| format!("quote(\"{column}\")")).collect();
        let postgres = format!("SELECT '{table} ' || t::text AS line FROM \"{table}\" t");
        let sqlite = format!("SELECT '{table} ' || {} AS line FROM \"{table}\"", quoted.join(" || ' ' || "));
        all.extend(lines(database, &postgres, &sqlite).await.expect("the rows can be read"));
    }
    all.join("\n")
}
