//! On PostgreSQL one statement answers all of them.

use database::{Col, Id};
use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use engine_interfaces::{GroupId, GroupVersion, UserId};

use crate::store::rows::{VersionRow, into_version};

use super::Pair;

/// A row of the answer: the number of the pair, from 1, and its version.
type Answer = (i64, VersionRow);

pub(super) async fn versions(
    pg: &mut AsyncPgConnection,
    pairs: &[Pair],
) -> QueryResult<Vec<Option<GroupVersion>>> {
    let answers: Vec<Answer> = Versions::of(pairs).load(pg).await?;
    let mut versions = vec![None; pairs.len()];
    for (number, version) in answers {
        let slot = usize::try_from(number - 1).ok().and_then(|index| versions.get_mut(index));
        if let Some(slot) = slot {
            *slot = Some(into_version(version));
        }
    }
    Ok(versions)
}

/// A query of its own type, and not `sql_query`, so that the statement stays prepared.
#[derive(Debug, Clone)]
pub(super) struct Versions {
    users: Vec<Col<UserId>>,
    groups: Vec<Col<GroupId>>,
}

impl Versions {
    pub(super) fn of(pairs: &[Pair]) -> Self {
        let (users, groups) = pairs.iter().map(|(user, group)| (Col(*user), Col(*group))).unzip();
        Self { users, groups }
    }
}

impl QueryFragment<Pg> for Versions {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "SELECT asked.number, found.last_seq, found.revision, found.role, found.read_seq FROM unnest(",
        );
        out.push_bind_param::<Array<Id>, _>(&self.users)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Id>, _>(&self.groups)?;
        // LIMIT 1 keeps each look-up one probe of an index.
        out.push_sql(
            ") WITH ORDINALITY AS asked (user_id, group_id, number) CROSS JOIN LATERAL ( \
                SELECT h.last_seq, h.revision, m.role, m.read_seq FROM memberships m \
                JOIN group_heads h ON h.group_id = m.group_id \
                WHERE m.group_id = asked.group_id AND m.user_id = asked.user_id AND m.left_at IS NULL LIMIT 1 \
            ) found",
        );
        Ok(())
    }
}

impl QueryId for Versions {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Versions {
    type SqlType = (BigInt, (BigInt, BigInt, Text, BigInt));
}
