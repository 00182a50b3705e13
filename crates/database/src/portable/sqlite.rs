//! A store in a SQLite file.

use std::{path::Path, time::Duration};

use engine_interfaces::BoxError;
use rusqlite::{
    Connection, OpenFlags, ToSql, params_from_iter,
    types::{ToSqlOutput, ValueRef},
};
use uuid::Uuid;

use super::{Kind, Row, Table, Value, listed};

/// How long another process may keep us waiting.
const PATIENCE: Duration = Duration::from_secs(10);

/// A file. Everything blocks the thread.
pub(super) struct Side {
    connection: Connection,
}

impl Side {
    pub(super) fn open(file: &Path) -> Result<Self, BoxError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(PATIENCE)?;
        connection.execute_batch("PRAGMA synchronous = FULL")?;
        Ok(Self { connection })
    }

    pub(super) fn run(&self, statements: &str) -> Result<(), BoxError> {
        Ok(self.connection.execute_batch(statements)?)
    }

    /// The first column of the answer, which is text.
    pub(super) fn ask(&self, question: &str) -> Result<Vec<String>, BoxError> {
        let mut asked = self.connection.prepare(question)?;
        let texts = asked.query_map([], |row| row.get(0))?;
        Ok(texts.collect::<Result<_, _>>()?)
    }

    pub(super) fn each(
        &self,
        table: &Table,
        skip: u64,
        mut take: impl FnMut(Row) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let quoted = |name: &String| format!("\"{name}\"");
        let columns = listed(table.columns.iter().map(|column| quoted(&column.name)));
        let order = listed(table.key.iter().map(quoted));
        let mut asked = self.connection.prepare(&format!(
            "SELECT {columns} FROM \"{}\" ORDER BY {order} LIMIT -1 OFFSET {skip}",
            table.name
        ))?;
        let mut rows = asked.query([])?;
        while let Some(row) = rows.next()? {
            let values = table.columns.iter().enumerate().map(|(at, column)| {
                let value = read(column.kind, row.get_ref(at)?)?;
                value.ok_or_else(|| format!("{}.{} does not hold its kind", table.name, column.name).into())
            });
            take(Row(values.collect::<Result<_, BoxError>>()?))?;
        }
        Ok(())
    }

    /// Adds rows, and runs `note`, in one transaction.
    pub(super) fn fill(&self, table: &Table, rows: &[Row], note: &str) -> Result<(), BoxError> {
        let columns = listed(table.columns.iter().map(|column| format!("\"{}\"", column.name)));
        let places = listed(table.columns.iter().map(|_| "?".to_owned()));
        let transaction = self.connection.unchecked_transaction()?;
        let insert = format!("INSERT INTO \"{}\" ({columns}) VALUES ({places})", table.name);
        let mut insert = transaction.prepare(&insert)?;
        for row in rows {
            insert.execute(params_from_iter(&row.0))?;
        }
        drop(insert);
        transaction.execute_batch(note)?;
        Ok(transaction.commit()?)
    }
}

/// None where it is of another kind.
fn read(kind: Kind, value: ValueRef<'_>) -> Result<Option<Value>, BoxError> {
    Ok(Some(match (kind, value) {
        (_, ValueRef::Null) => Value::Null,
        (Kind::Id, ValueRef::Blob(bytes)) => Value::Id(Uuid::from_slice(bytes)?),
        (Kind::Text, ValueRef::Text(text)) => Value::Text(str::from_utf8(text)?.to_owned()),
        (Kind::Bool, ValueRef::Integer(number @ (0 | 1))) => Value::Bool(number == 1),
        (Kind::Integer | Kind::BigInt | Kind::Instant, ValueRef::Integer(number)) => Value::Number(number),
        (Kind::Bytes, ValueRef::Blob(bytes)) => Value::Bytes(bytes.to_vec()),
        _ => return Ok(None),
    }))
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Bool(yes) => ValueRef::Integer((*yes).into()),
            Self::Number(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Id(id) => ValueRef::Blob(id.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
