//! A store on PostgreSQL, by COPY.

use std::{io::Cursor, sync::Arc};

use engine_interfaces::BoxError;
use futures_util::{SinkExt, StreamExt};
use tokio_postgres::{
    Client, SimpleQueryMessage,
    binary_copy::BinaryCopyOutStream,
    types::{FromSql, Type},
};
use uuid::Uuid;

use super::{Kind, Row, Table, Value, listed};
use crate::sql::POSTGRES_EPOCH_MICROS;

/// The begin of COPY's binary form: its signature, no flags, no more header.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// A schema, over a connection that others may share.
pub(super) struct Side {
    pub(super) client: Arc<Client>,
    pub(super) schema: String,
}

/// An error without the values that PostgreSQL quotes in its details.
pub(super) fn plain(error: tokio_postgres::Error) -> BoxError {
    match error.as_db_error() {
        Some(said) => said.message().into(),
        None => error.into(),
    }
}

impl Side {
    pub(super) async fn run(&self, statements: &str) -> Result<(), BoxError> {
        self.client.batch_execute(statements).await.map_err(plain)
    }

    /// The first column of the answer, as text.
    pub(super) async fn ask(&self, question: &str) -> Result<Vec<String>, BoxError> {
        let said = self.client.simple_query(question).await.map_err(plain)?;
        let texts = said.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        });
        Ok(texts.collect())
    }

    pub(super) async fn each(
        &self,
        table: &Table,
        skip: u64,
        mut take: impl FnMut(Row) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let columns = listed(table.columns.iter().map(|column| format!("\"{}\"", column.name)));
        let order = listed(table.key.iter().map(|key| match table.kind_of(key) {
            // By its bytes, as SQLite orders.
            Some(Kind::Text) => format!("\"{key}\" COLLATE \"C\""),
            _ => format!("\"{key}\""),
        }));
        let copy = format!(
            "COPY (SELECT {columns} FROM {}.\"{}\" ORDER BY {order} OFFSET {skip}) TO STDOUT (FORMAT binary)",
            self.schema, table.name
        );
        let types: Vec<_> = table.columns.iter().map(|column| sql_type(column.kind)).collect();
        let stream = self.client.copy_out(&copy).await.map_err(plain)?;
        let mut rows = Box::pin(BinaryCopyOutStream::new(stream, &types));
        while let Some(row) = rows.next().await {
            let row = row.map_err(plain)?;
            let values = table.columns.iter().enumerate().map(|(at, column)| {
                match row.try_get::<Option<Raw<'_>>>(at).map_err(plain)? {
                    None => Ok(Value::Null),
                    Some(raw) => read(column.kind, raw.0),
                }
            });
            take(Row(values.collect::<Result<_, BoxError>>()?))?;
        }
        Ok(())
    }

    /// Adds rows, and runs `note`, in one transaction.
    pub(super) async fn fill(&self, table: &Table, rows: &[Row], note: &str) -> Result<(), BoxError> {
        let mut binary = HEADER.to_vec();
        for row in rows {
            encode(row, table, &mut binary)?;
        }
        binary.extend((-1_i16).to_be_bytes());
        let columns = listed(table.columns.iter().map(|column| format!("\"{}\"", column.name)));
        let copy = format!("COPY {}.\"{}\" ({columns}) FROM STDIN (FORMAT binary)", self.schema, table.name);
        self.run("BEGIN").await?;
        let mut sink = Box::pin(self.client.copy_in::<_, Cursor<Vec<u8>>>(&copy).await.map_err(plain)?);
        sink.send(Cursor::new(binary)).await.map_err(plain)?;
        sink.as_mut().finish().await.map_err(plain)?;
        self.run(&format!("{note}; COMMIT")).await
    }
}

fn sql_type(kind: Kind) -> Type {
    match kind {
        Kind::Id => Type::UUID,
        Kind::Text => Type::TEXT,
        Kind::Integer => Type::INT4,
        Kind::BigInt => Type::INT8,
        Kind::Bool => Type::BOOL,
        Kind::Bytes => Type::BYTEA,
        Kind::Instant => Type::TIMESTAMPTZ,
    }
}

/// A value as it came.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, BoxError> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn read(kind: Kind, raw: &[u8]) -> Result<Value, BoxError> {
    Ok(match kind {
        Kind::Id => Value::Id(Uuid::from_slice(raw)?),
        Kind::Text => Value::Text(str::from_utf8(raw)?.to_owned()),
        Kind::Integer => Value::Number(i32::from_be_bytes(raw.try_into()?).into()),
        Kind::BigInt => Value::Number(i64::from_be_bytes(raw.try_into()?)),
        Kind::Bool => Value::Bool(raw == [1]),
        Kind::Bytes => Value::Bytes(raw.to_vec()),
        Kind::Instant => {
            let micros = i64::from_be_bytes(raw.try_into()?).checked_add(POSTGRES_EPOCH_MICROS);
            Value::Number(micros.ok_or("a time is beyond the calendar")?)
        }
    })
}

fn encode(row: &Row, table: &Table, binary: &mut Vec<u8>) -> Result<(), BoxError> {
    binary.extend(i16::try_from(row.0.len())?.to_be_bytes());
    for (value, column) in row.0.iter().zip(&table.columns) {
        match (value, column.kind) {
            (Value::Null, _) => binary.extend((-1_i32).to_be_bytes()),
            (Value::Bool(yes), _) => put(&[u8::from(*yes)], binary)?,
            (Value::Number(number), Kind::Integer) => put(&i32::try_from(*number)?.to_be_bytes(), binary)?,
            (Value::Number(micros), Kind::Instant) => {
                put(&micros.saturating_sub(POSTGRES_EPOCH_MICROS).to_be_bytes(), binary)?;
            }
            (Value::Number(number), _) => put(&number.to_be_bytes(), binary)?,
            (Value::Text(text), _) => put(text.as_bytes(), binary)?,
            (Value::Id(id), _) => put(id.as_bytes(), binary)?,
            (Value::Bytes(bytes), _) => put(bytes, binary)?,
        }
    }
    Ok(())
}

/// A value behind its length.
fn put(bytes: &[u8], binary: &mut Vec<u8>) -> Result<(), BoxError> {
    binary.extend(i32::try_from(bytes.len())?.to_be_bytes());
    binary.extend(bytes);
    Ok(())
}
