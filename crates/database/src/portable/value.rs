//! A row, and its line.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use engine_interfaces::BoxError;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{Kind, Table};

/// What a column holds in one row.
///
/// # Example
/// ```
/// use database::portable::Value;
///
/// # fn main() -> serde_json::Result<()> {
/// assert_eq!(serde_json::to_string(&Value::Bytes(vec![0, 255, 10]))?, r#""AP8K""#); // base64
/// assert_eq!(serde_json::to_string(&Value::Id(uuid::Uuid::nil()))?.len(), 38, "hyphenated, and quoted");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number; of an instant, the microseconds since 1970.
    Number(i64),
    /// Text.
    Text(String),
    /// A UUID.
    Id(Uuid),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(yes) => serializer.serialize_bool(*yes),
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Id(id) => id.serialize(serializer),
            Self::Bytes(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
        }
    }
}

/// A row: a value for each column of its table, in their order.
///
/// # Example
/// ```
/// use database::portable::{Column, Kind, Row, Table};
///
/// # fn main() -> Result<(), engine_interfaces::BoxError> {
/// let column = |name: &str, kind| Column { name: name.to_owned(), kind, nullable: false };
/// let columns = vec![column("id", Kind::BigInt), column("text", Kind::Text)];
/// let notes = Table { name: "notes".to_owned(), columns, key: vec!["id".to_owned()] };
///
/// let (line, mut again) = (b"[7,\"Cheers!\"]\n", Vec::new());
/// Row::read(line, &notes)?.write(&mut again)?;
/// assert_eq!(again, line);
/// let error = Row::read(b"[\"secret\",\"Cheers!\"]", &notes).unwrap_err();
/// assert_eq!(error.to_string(), "notes.id does not hold its kind"); // and not what it holds
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Row(pub(super) Vec<Value>);

impl Row {
    /// Adds the row's line, with its end, to `lines`.
    ///
    /// # Errors
    /// Never: a `Vec` takes everything.
    pub fn write(&self, lines: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(&mut *lines, self)?;
        lines.push(b'\n');
        Ok(())
    }

    /// The row of `table` whose line it is.
    ///
    /// # Errors
    /// Names the column that does not hold what it should, and never shows what it holds.
    pub fn read(line: &[u8], table: &Table) -> Result<Self, BoxError> {
        // A parser's message may quote the text.
        let cells: Vec<Json> = serde_json::from_slice(line).map_err(|_| "a line is no row")?;
        if cells.len() != table.columns.len() {
            return Err(format!("a row of {} has {} values", table.name, cells.len()).into());
        }
        let values = cells.into_iter().zip(&table.columns).map(|(cell, column)| {
            if cell.is_null() && column.nullable {
                return Ok(Value::Null);
            }
            value(cell, column.kind)
                .ok_or_else(|| format!("{}.{} does not hold its kind", table.name, column.name).into())
        });
        values.collect::<Result<_, BoxError>>().map(Self)
    }
}

fn value(cell: Json, kind: Kind) -> Option<Value> {
    Some(match (kind, cell) {
        (Kind::Bool, Json::Bool(yes)) => Value::Bool(yes),
        (Kind::Integer, Json::Number(number)) => Value::Number(i32::try_from(number.as_i64()?).ok()?.into()),
        (Kind::BigInt | Kind::Instant, Json::Number(number)) => Value::Number(number.as_i64()?),
        (Kind::Text, Json::String(text)) => Value::Text(text),
        (Kind::Id, Json::String(text)) => Value::Id(Uuid::parse_str(&text).ok()?),
        (Kind::Bytes, Json::String(text)) => Value::Bytes(STANDARD.decode(text).ok()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{super::Column, *};

    fn table(kinds: &[(Kind, bool)]) -> Table {
        let column = |(n, (kind, nullable)): (usize, &(Kind, bool))| Column {
            name: format!("c{n}"),
            kind: *kind,
            nullable: *nullable,
        };
        Table {
            name: "things".to_owned(),
            columns: kinds.iter().enumerate().map(column).collect(),
            key: Vec::new(),
        }
    }

    #[test]
    fn a_row_is_read_as_it_was_written() {
        let table = table(&[
            (Kind::Id, false),
            (Kind::Text, false),
            (Kind::Text, true),
            (Kind::Integer, false),
            (Kind::BigInt, false),
            (Kind::Instant, false),
            (Kind::Bool, false),
            (Kind::Bytes, false),
        ]);
        let row = Row(vec![
            Value::Id(Uuid::from_u128(7)),
            Value::Text("a \"line\"\n\u{1}and 🎈, \\".to_owned()),
            Value::Null,
            Value::Number(i32::MIN.into()),
            Value::Number(i64::MAX),
            Value::Number(1_767_225_600_000_001),
            Value::Bool(true),
            Value::Bytes(vec![0, 255, 10]),
        ]);
        let mut line = Vec::new();
        row.write(&mut line).unwrap();
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1, "a row is a line");
        assert_eq!(Row::read(&line, &table).unwrap(), row);
    }

    #[test]
    fn what_is_of_another_kind_is_refused_without_being_shown() {
        for (kind, cell) in [
            (Kind::Integer, "2147483648"),
            (Kind::BigInt, "1.5"),
            (Kind::Id, "\"secret\""),
            (Kind::Bytes, "\"secret!\""),
            (Kind::Text, "null"),
            (Kind::Bool, "1"),
        ] {
            let error = Row::read(format!("[{cell}]").as_bytes(), &table(&[(kind, false)])).unwrap_err();
            assert_eq!(error.to_string(), "things.c0 does not hold its kind");
        }
        let error = Row::read(b"[1, \"secret", &table(&[(Kind::BigInt, false)])).unwrap_err();
        assert_eq!(error.to_string(), "a line is no row");
        assert!(Row::read(b"[1, 2]", &table(&[(Kind::BigInt, false)])).is_err());
    }
}
