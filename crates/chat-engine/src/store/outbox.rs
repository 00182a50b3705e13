//! What was stored and is to be announced.

use database::{At, Col, Id, Instant, StoreError, on};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl,
    dsl::{auto_type, exists, select},
    sql_types::{Array, BigInt},
    update,
};
use diesel_async::RunQueryDsl;
use engine_interfaces::{GroupId, KeptCursor, Seq, Timestamp};

use super::{Store, schema::outbox};

/// A range of a group's log that one statement stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) group: GroupId,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Range {
    /// How many messages it has.
    pub(crate) fn count(&self) -> i64 {
        self.last - self.first + 1
    }
}

/// A range, and when it was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) at: Timestamp,
    pub(crate) range: Range,
}

impl Stored {
    /// Where the ranges after this one begin.
    pub(crate) fn cursor(&self) -> KeptCursor {
        KeptCursor { stored_at: self.at, group: self.range.group, first: Seq(self.range.first) }
    }
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

    /// The oldest ranges until `until` that were not announced, after `after`.
    pub(crate) async fn unpublished(
        &self,
        until: Timestamp,
        after: Option<KeptCursor>,
        limit: i64,
    ) -> Result<Vec<Stored>, StoreError> {
        let query =
            in_order().filter(outbox::published_at.is_null()).filter(outbox::created_at.le(At(until)));
        let rows: Vec<StoredRow> = match after {
            None => on!(self, read, |conn| query.limit(limit).load(conn)),
            Some(after) => on!(self, read, |conn| query.filter(beyond(after)).limit(limit).load(conn)),
        }?;
        Ok(rows.into_iter().map(Stored::from).collect())
    }

    /// The ranges until `until` that were not announced before `since`, after `after`.
    pub(crate) async fn kept(
        &self,
        since: Timestamp,
        until: Timestamp,
        after: Option<KeptCursor>,
        limit: i64,
    ) -> Result<Vec<Stored>, StoreError> {
        // One page sorts all that is kept, since no index has this order: it is asked for seldom.
        let late = outbox::published_at.is_null().or(outbox::published_at.ge(At(since)));
        let query = in_order().filter(late).filter(outbox::created_at.le(At(until)));
        let rows: Vec<StoredRow> = match after {
            None => on!(self, read, |conn| query.limit(limit).load(conn)),
            Some(after) => on!(self, read, |conn| query.filter(beyond(after)).limit(limit).load(conn)),
        }?;
        Ok(rows.into_iter().map(Stored::from).collect())
    }

    /// Whether any range until `until` was not announced.
    pub(crate) async fn any_unpublished(&self, until: Timestamp) -> Result<bool, StoreError> {
        let query =
            outbox::table.filter(outbox::published_at.is_null()).filter(outbox::created_at.le(At(until)));
        on!(self, read, |conn| select(exists(query)).get_result(conn))
    }

    /// When the last of the ranges until `until` was announced, of those that are kept.
    pub(crate) async fn last_published(&self, until: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let query = outbox::table
            .filter(outbox::published_at.is_not_null())
            .filter(outbox::created_at.le(At(until)))
            .order(outbox::published_at.desc())
            .select(outbox::published_at.assume_not_null());
        let last: Option<At> = on!(self, read, |conn| async { query.first(conn).await.optional() })?;
        Ok(last.map(|at| at.0))
    }

    /// Forgets what was announced before `before`.
    pub(crate) async fn prune_published(&self, before: Timestamp) -> Result<(), StoreError> {
        let old = diesel::delete(outbox::table.filter(outbox::published_at.lt(At(before))));
        on!(self, write, |conn| old.execute(conn)).map(drop)
    }
}

type StoredRow = (At, Col<GroupId>, i64, i64);

impl From<StoredRow> for Stored {
    fn from((at, group, first, last): StoredRow) -> Self {
        Self { at: at.0, range: Range { group: group.0, first, last } }
    }
}

/// All ranges, in the order of storing.
#[auto_type(no_type_alias)]
fn in_order() -> _ {
    outbox::table.order((outbox::created_at, outbox::group_id, outbox::first_seq)).select((
        outbox::created_at,
        outbox::group_id,
        outbox::first_seq,
        outbox::last_seq,
    ))
}

/// What comes later in that order. The first comparison alone bounds the index.
#[auto_type(no_type_alias)]
fn beyond(after: KeptCursor) -> _ {
    let stored_at: At = At(after.stored_at);
    let group: Col<GroupId> = Col(after.group);
    let first: i64 = after.first.0;
    outbox::created_at.ge(stored_at).and(
        outbox::created_at
            .gt(stored_at)
            .or(outbox::group_id.gt(group).or(outbox::group_id.eq(group).and(outbox::first_seq.gt(first)))),
    )
}
