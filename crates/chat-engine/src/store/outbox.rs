//! What was stored and is to be announced.

use database::{At, Col, Id, Instant, StoreError, on};
use diesel::{
    ExpressionMethods, QueryDsl,
    sql_types::{Array, BigInt},
    update,
};
use diesel_async::RunQueryDsl;
use engine_interfaces::{GroupId, Timestamp};

use super::{Store, schema::outbox};

/// A range of a group's log that one statement stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) group: GroupId,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Store {
    /// Remembers that these ranges were announced.
    pub(crate) async fn mark_published(&self, ranges: &[Range], now: Timestamp) -> Result<(), StoreError> {
        on!(
            self,
            transaction,
            |pg| {
                let groups: Vec<_> = ranges.iter().map(|range| Col(range.group)).collect();
                let firsts: Vec<_> = ranges.iter().map(|range| range.first).collect();
                // Only a mark that a hint was given: losing it costs a second hint, waiting for the disk more.
                diesel::sql_query("SET LOCAL synchronous_commit = off").execute(pg).await?;
                diesel::sql_query(
                    "UPDATE outbox o SET published_at = $3 FROM unnest($1, $2) AS a (group_id, first_seq) \
                     WHERE o.group_id = a.group_id AND o.first_seq = a.first_seq",
                )
                .bind::<Array<Id>, _>(groups)
                .bind::<Array<BigInt>, _>(firsts)
                .bind::<Instant, _>(At(now))
                .execute(pg)
                .await?;
                Ok(())
            },
            |lite| {
                for range in ranges {
                    update(outbox::table.find((Col(range.group), range.first)))
                        .set(outbox::published_at.eq(Some(At(now))))
                        .execute(lite)
                        .await?;
                }
                Ok(())
            }
        )
    }

    /// The oldest ranges from before `before` that were not announced.
    pub(crate) async fn unpublished(&self, before: Timestamp, limit: i64) -> Result<Vec<Range>, StoreError> {
        let query = outbox::table
            .filter(outbox::published_at.is_null())
            .filter(outbox::created_at.le(At(before)))
            .order((outbox::created_at, outbox::group_id, outbox::first_seq))
            .limit(limit)
            .select((outbox::group_id, outbox::first_seq, outbox::last_seq));
        let rows: Vec<(Col<GroupId>, i64, i64)> = on!(self, read, |conn| query.load(conn))?;
        Ok(rows.into_iter().map(|(group, first, last)| Range { group: group.0, first, last }).collect())
    }

    /// Forgets what was announced before `before`.
    pub(crate) async fn prune_published(&self, before: Timestamp) -> Result<(), StoreError> {
        let old = diesel::delete(outbox::table.filter(outbox::published_at.lt(At(before))));
        on!(self, write, |conn| old.execute(conn)).map(drop)
    }
}
