//! Adding many links at once.

use database::{At, Col, Id, Instant};
use diesel::{
    QueryResult, SqliteConnection, insert_or_ignore_into,
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Array, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use engine_interfaces::{UserId, UserResource};
use uuid::Uuid;

use super::{rows::Row, schema::user_resources};

/// How many links one statement adds on SQLite, which binds each value of each.
const ROWS_A_STATEMENT: usize = 5_000;

pub(super) async fn postgres(pg: &mut AsyncPgConnection, links: &[UserResource], now: At) -> QueryResult<()> {
    let insert = Insert {
        users: links.iter().map(|link| Col(link.user_id)).collect(),
        types: links.iter().map(|link| link.resource_type).collect(),
        scopes: links.iter().map(|link| Col(link.scope_id)).collect(),
        resources: links.iter().map(|link| Col(link.resource_id)).collect(),
        now,
    };
    insert.execute(pg).await.map(drop)
}

pub(super) fn sqlite(lite: &mut SqliteConnection, rows: &[Row]) -> QueryResult<()> {
    lite.immediate_transaction(|lite| {
        for rows in rows.chunks(ROWS_A_STATEMENT) {
            let insert = insert_or_ignore_into(user_resources::table).values(rows);
            diesel::RunQueryDsl::execute(insert, lite)?;
        }
        Ok(())
    })
}

/// One statement for any number of links.
///
/// A query of its own type, and not `sql_query`, so that the statement stays prepared.
struct Insert {
    users: Vec<Col<UserId>>,
    types: Vec<&'static str>,
    scopes: Vec<Col<Uuid>>,
    resources: Vec<Col<Uuid>>,
    now: At,
}

impl QueryFragment<Pg> for Insert {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO user_resources (user_id, resource_type, scope_id, resource_id, created_at) SELECT a.*, ",
        );
        out.push_bind_param::<Instant, _>(&self.now)?;
        out.push_sql(" FROM unnest(");
        out.push_bind_param::<Array<Id>, _>(&self.users)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.types)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Id>, _>(&self.scopes)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Id>, _>(&self.resources)?;
        out.push_sql(") AS a ON CONFLICT DO NOTHING");
        Ok(())
    }
}

impl QueryId for Insert {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}
