//! What is known of a table.

use diesel::{
    Column as DieselColumn, Expression, Table as DieselTable,
    sql_types::{BigInt, Binary, Bool, Integer, Nullable, SqlType, Text, is_nullable},
};
use serde::{Deserialize, Serialize};

use crate::{Id, Instant};

/// What a column holds.
///
/// # Example
/// ```
/// use database::portable::Kind;
///
/// // As the manifest of an export has it.
/// assert_eq!(serde_json::to_string(&Kind::BigInt).unwrap(), r#""big_int""#);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A UUID.
    Id,
    /// Text.
    Text,
    /// A number of 32 bits.
    Integer,
    /// A number of 64 bits.
    BigInt,
    /// Yes or no.
    Bool,
    /// Bytes.
    Bytes,
    /// A time, to the microsecond.
    Instant,
}

/// A column.
///
/// # Example
/// ```
/// use database::{jobs::jobs, portable, portable::{Column, Kind}};
///
/// let jobs = &portable![jobs(id)][0];
/// let lease = Column { name: "lease_id".to_owned(), kind: Kind::Id, nullable: true };
/// assert!(jobs.columns.contains(&lease));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be null.
    pub nullable: bool,
}

/// A table.
///
/// # Example
/// ```
/// use database::{jobs::jobs, portable, portable::Table};
///
/// # fn main() -> serde_json::Result<()> {
/// let [jobs] = &portable![jobs(id)][..] else { unreachable!("one was named") };
/// let written = serde_json::to_string(jobs)?; // with an export
/// assert_eq!(serde_json::from_str::<Table>(&written)?, *jobs, "the tables are still what they were");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// The columns of its primary key.
    pub key: Vec<String>,
}

impl Table {
    /// What Diesel knows as `T`. Use [`portable!`](crate::portable!).
    #[must_use]
    pub fn of<T>(name: &str, key: &[&str]) -> Self
    where
        T: DieselTable,
        T::AllColumns: Columns,
    {
        let key = key.iter().map(ToString::to_string).collect();
        Self { name: name.to_owned(), columns: T::AllColumns::describe(), key }
    }

    /// What `column` of this table holds; the key's columns are among its own.
    pub(super) fn kind_of(&self, column: &str) -> Option<Kind> {
        self.columns.iter().find(|one| one.name == column).map(|one| one.kind)
    }
}

/// Describes tables that Diesel knows, each with its primary key: `portable![groups(id), messages(group_id, seq)]` is
/// a `Vec` of [`Table`]s.
///
/// # Example
/// ```
/// use database::{jobs::jobs, portable};
///
/// let tables = portable![jobs(id)];
/// assert_eq!((tables[0].name.as_str(), tables[0].columns.len()), ("jobs", 11));
/// assert_eq!(tables[0].key, ["id"]);
/// ```
#[macro_export]
macro_rules! portable {
    ($($table:ident($($key:ident),+)),+ $(,)?) => {
        vec![$($crate::portable::Table::of::<$table::table>(
            stringify!($table),
            // Names columns that there are.
            &[$({ let _ = $table::$key; stringify!($key) }),+],
        )),+]
    };
}

/// A SQL type that is a [`Kind`].
///
/// # Example
/// ```
/// use database::{Id, portable::{Kind, SqlKind}};
/// use diesel::sql_types::Nullable;
///
/// assert_eq!((<Nullable<Id>>::KIND, Id::KIND), (Kind::Id, Kind::Id));
/// assert!(<Nullable<Id>>::NULLABLE && !Id::NULLABLE);
/// ```
pub trait SqlKind {
    /// Which one.
    const KIND: Kind;
    /// Whether it may be null.
    const NULLABLE: bool = false;
}

macro_rules! kinds {
    ($($sql:ty => $kind:ident),+) => {
        $(impl SqlKind for $sql {
            const KIND: Kind = Kind::$kind;
        })+
    };
}

kinds!(Id => Id, Text => Text, Integer => Integer, BigInt => BigInt, Bool => Bool, Binary => Bytes, Instant => Instant);

impl<T: SqlKind + SqlType<IsNull = is_nullable::NotNull>> SqlKind for Nullable<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;
}

/// A table's columns, as Diesel has them: a tuple.
///
/// # Example
/// ```
/// use database::{jobs::jobs, portable::Columns};
///
/// // In the order of `diesel::table!`, which is the order of a row.
/// let columns = <jobs::table as diesel::Table>::AllColumns::describe();
/// assert_eq!(columns[..2].iter().map(|column| &column.name[..]).collect::<Vec<_>>(), ["id", "kind"]);
/// ```
pub trait Columns {
    /// Each of them.
    fn describe() -> Vec<Column>;
}

macro_rules! tuples {
    ($first:ident $($rest:ident)*) => {
        impl<$first, $($rest),*> Columns for ($first, $($rest,)*)
        where
            $first: DieselColumn + Expression,
            <$first as Expression>::SqlType: SqlKind,
            $($rest: DieselColumn + Expression, <$rest as Expression>::SqlType: SqlKind,)*
        {
            fn describe() -> Vec<Column> {
                vec![column::<$first>(), $(column::<$rest>()),*]
            }
        }
        tuples!($($rest)*);
    };
    () => {};
}

tuples!(A B C D E F G H I J K L M N O P);

fn column<C>() -> Column
where
    C: DieselColumn + Expression,
    C::SqlType: SqlKind,
{
    Column { name: C::NAME.to_owned(), kind: C::SqlType::KIND, nullable: C::SqlType::NULLABLE }
}
