//! The table: SQL is here and nowhere else in this crate.

mod insert;
mod portable;
mod rows;
mod schema;

use database::{At, Col, Database, StoreError, on};
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use engine_interfaces::{Timestamp, UserId, UserResource};
use uuid::Uuid;

pub use portable::tables;

use self::{rows::Row, schema::user_resources as table};

/// How many users one statement asks for: SQLite binds each of them.
const USERS_A_STATEMENT: usize = 10_000;

/// The mapping's rows.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) database: Database,
}

impl Store {
    /// Adds what is not there yet, all or nothing.
    pub(crate) async fn insert(
        &self,
        mut links: Vec<UserResource>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // In the order of the key, so that two who link the same never wait for each other.
        links
            .sort_unstable_by_key(|link| (link.user_id, link.resource_type, link.scope_id, link.resource_id));
        on!(self, write, |pg| insert::postgres(pg, &links, At(now)), |lite| {
            let rows: Vec<_> = links.into_iter().map(|link| Row::new(link, At(now))).collect();
            lite.spawn_blocking(move |lite| insert::sqlite(lite, &rows))
        })
    }

    /// Removes what is there, all or nothing.
    pub(crate) async fn delete(&self, links: Vec<UserResource>) -> Result<(), StoreError> {
        on!(self, transaction, |conn| {
            for link in links {
                let key = (Col(link.user_id), link.resource_type, Col(link.scope_id), Col(link.resource_id));
                diesel::delete(table::table.find(key)).execute(conn).await?;
            }
            Ok(())
        })
    }

    /// The scopes in which `users` have resources of a type, each once.
    pub(crate) async fn scopes(
        &self,
        users: &[UserId],
        resource_type: &str,
    ) -> Result<Vec<(UserId, Uuid)>, StoreError> {
        let mut found = Vec::new();
        for users in users.chunks(USERS_A_STATEMENT) {
            let users: Vec<_> = users.iter().copied().map(Col).collect();
            let query = table::table
                .filter(table::user_id.eq_any(users))
                .filter(table::resource_type.eq(resource_type))
                .select((table::user_id, table::scope_id))
                .distinct();
            let rows: Vec<(Col<UserId>, Col<Uuid>)> = on!(self, read, |conn| query.load(conn))?;
            found.extend(rows.into_iter().map(|(user, scope)| (user.0, scope.0)));
        }
        Ok(found)
    }

    /// A user's resources of a type, in the order of the key.
    pub(crate) async fn resources(
        &self,
        user: UserId,
        resource_type: &'static str,
        after: Option<(Uuid, Uuid)>,
        limit: i64,
    ) -> Result<Vec<UserResource>, StoreError> {
        // No id lies before nil, and no resource has it.
        let (scope, resource) = after.unwrap_or_default();
        let query = table::table
            .filter(table::user_id.eq(Col(user)))
            .filter(table::resource_type.eq(resource_type))
            // The first comparison alone already bounds the index.
            .filter(table::scope_id.ge(Col(scope)))
            .filter(table::scope_id.gt(Col(scope)).or(table::resource_id.gt(Col(resource))))
            .order((table::scope_id, table::resource_id))
            .limit(limit);
        let rows: Vec<Row> = on!(self, read, |conn| query.select(Row::as_select()).load(conn))?;
        Ok(rows.into_iter().map(|row| row.into_resource(resource_type)).collect())
    }
}
