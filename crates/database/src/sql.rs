//! SQL types that mean the same on PostgreSQL and on SQLite, and the Rust values that go in and out.

use std::io::Write;

use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{Pg, PgValue},
    query_builder::QueryId,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::SqlType,
    sqlite::{Sqlite, SqliteValue},
};
use engine_interfaces::Timestamp;
use uuid::Uuid;

/// A UUID: `uuid` on PostgreSQL, a 16-byte BLOB on SQLite, which orders the same.
///
/// # Example
/// ```
/// diesel::table! {
///     use database::{Id, Instant};
///     use diesel::sql_types::Text;
///
///     notes (id) {
///         id -> Id, // in migrations `uuid` and `BLOB`
///         text -> Text,
///         written_at -> Instant, // `timestamptz` and `INTEGER`
///     }
/// }
/// # fn main() {}
/// ```
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
pub struct Id;

/// A time: `timestamptz` on PostgreSQL, microseconds since 1970 in an INTEGER on SQLite.
///
/// # Example
/// ```
/// use database::{At, Instant};
/// use diesel::{IntoSql, debug_query, pg::Pg, select};
/// use engine_interfaces::{Clock, SystemClock};
///
/// let now = select(At(SystemClock.now()).into_sql::<Instant>()); // this process's, not the database's
/// assert!(debug_query::<Pg, _>(&now).to_string().starts_with("SELECT $1"));
/// ```
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
pub struct Instant;

/// A typed id in a row or a bind: `id: Col<GroupId>`, `groups::table.find(Col(id))`.
///
/// # Example
/// ```
/// use database::{At, Col, jobs::jobs};
/// use diesel::{QueryDsl, Queryable, Selectable, debug_query, sqlite::Sqlite};
/// use engine_interfaces::JobId;
///
/// #[derive(Queryable, Selectable)]
/// #[diesel(table_name = jobs)]
/// struct Row {
///     id: Col<JobId>,
///     run_at: At,
/// }
/// let found = jobs::table.find(Col(JobId(uuid::Uuid::nil()))); // on either database
/// assert!(debug_query::<Sqlite, _>(&found).to_string().contains("`jobs`.`id` = ?"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = Id)]
pub struct Col<T>(pub T)
where
    T: From<Uuid> + Into<Uuid> + Copy + std::fmt::Debug;

impl<T> ToSql<Id, Pg> for Col<T>
where
    T: From<Uuid> + Into<Uuid> + Copy + std::fmt::Debug,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let id: Uuid = self.0.into();
        out.write_all(id.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl<T> FromSql<Id, Pg> for Col<T>
where
    T: From<Uuid> + Into<Uuid> + Copy + std::fmt::Debug,
{
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.as_bytes())?.into()))
    }
}

impl<T> ToSql<Id, Sqlite> for Col<T>
where
    T: From<Uuid> + Into<Uuid> + Copy + std::fmt::Debug,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        let id: Uuid = self.0.into();
        out.set_value(id.as_bytes().to_vec());
        Ok(IsNull::No)
    }
}

impl<T> FromSql<Id, Sqlite> for Col<T>
where
    T: From<Uuid> + Into<Uuid> + Copy + std::fmt::Debug,
{
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.read_blob())?.into()))
    }
}

/// A [`Timestamp`] in a row or a bind.
///
/// # Example
/// ```
/// use database::{At, jobs::jobs};
/// use diesel::{ExpressionMethods, QueryDsl, debug_query, pg::Pg};
/// use engine_interfaces::{Clock, SystemClock};
///
/// let due = jobs::table.filter(jobs::run_at.le(At(SystemClock.now()))).select(jobs::id);
/// assert!(debug_query::<Pg, _>(&due).to_string().contains(r#""jobs"."run_at" <= $1"#));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = Instant)]
pub struct At(pub Timestamp);

/// PostgreSQL counts from 2000-01-01.
pub(crate) const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

impl ToSql<Instant, Pg> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&self.0.micros().saturating_sub(POSTGRES_EPOCH_MICROS).to_be_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<Instant, Pg> for At {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let micros = i64::from_be_bytes(value.as_bytes().try_into()?);
        Ok(Self(Timestamp::from_micros(micros.saturating_add(POSTGRES_EPOCH_MICROS))?))
    }
}

impl ToSql<Instant, Sqlite> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.micros());
        Ok(IsNull::No)
    }
}

impl FromSql<Instant, Sqlite> for At {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(Timestamp::from_micros(value.read_long())?))
    }
}
