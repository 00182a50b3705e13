//! Messages on their way to web hooks.

use database::{At, Col, StoreError, detached, jobs::Enqueue, jobs::NewJob, on};
use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, Selectable, SelectableHelper,
    delete, insert_into, update,
};
use diesel_async::RunQueryDsl;
use engine_interfaces::{
    BoxError, DeliveryFault, DeliveryId, DeliveryState, GroupId, Seq, Timestamp, WebhookDelivery, WebhookId,
};
use serde::{Deserialize, Serialize};

use super::{Store, schema::webhook_deliveries as table};

/// Which delivery: a message's to a web hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeliveryKey {
    #[serde(rename = "group_id")]
    pub(crate) group: GroupId,
    #[serde(rename = "webhook_id")]
    pub(crate) webhook: WebhookId,
    pub(crate) seq: Seq,
}

impl DeliveryKey {
    fn columns(self) -> (Col<GroupId>, Col<WebhookId>, i64) {
        (Col(self.group), Col(self.webhook), self.seq.0)
    }
}

/// What is written of an attempt.
pub(crate) struct Attempted {
    pub(crate) status: Option<u16>,
    pub(crate) fault: Option<DeliveryFault>,
    pub(crate) then: Then,
}

/// How it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// The receiver took it.
    Delivered,
    /// Again, not before this.
    Again(Timestamp),
    /// Given up.
    Dead,
}

impl Then {
    fn state(self) -> &'static str {
        match self {
            Self::Delivered => DeliveryState::Delivered,
            Self::Again(_) => DeliveryState::Pending,
            Self::Dead => DeliveryState::Dead,
        }
        .as_str()
    }

    fn next_attempt_at(self) -> Option<At> {
        match self {
            Self::Again(at) => Some(At(at)),
            Self::Delivered | Self::Dead => None,
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table)]
struct DeliveryRow {
    group_id: Col<GroupId>,
    webhook_id: Col<WebhookId>,
    seq: i64,
    id: Col<DeliveryId>,
    state: String,
    round: i64,
    attempts: i64,
    last_status: Option<i32>,
    last_error: Option<String>,
    next_attempt_at: Option<At>,
    created_at: At,
    updated_at: At,
}

impl DeliveryRow {
    fn new(key: DeliveryKey, id: DeliveryId, now: Timestamp) -> Self {
        let (group_id, webhook_id, seq) = key.columns();
        Self {
            group_id,
            webhook_id,
            seq,
            id: Col(id),
            state: DeliveryState::Pending.as_str().to_owned(),
            round: 0,
            attempts: 0,
            last_status: None,
            last_error: None,
            next_attempt_at: Some(At(now)),
            created_at: At(now),
            updated_at: At(now),
        }
    }
}

impl TryFrom<DeliveryRow> for WebhookDelivery {
    type Error = BoxError;

    fn try_from(row: DeliveryRow) -> Result<Self, BoxError> {
        Ok(Self {
            id: row.id.0,
            seq: Seq(row.seq),
            state: row.state.parse()?,
            attempts: u32::try_from(row.attempts)?,
            last_status: row.last_status.map(u16::try_from).transpose()?,
            last_error: row.last_error.map(|fault| fault.parse()).transpose()?,
            next_attempt_at: row.next_attempt_at.map(|at| at.0),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        })
    }
}

impl Store {
    /// Adds the deliveries that are not there yet, all or nothing.
    pub(crate) async fn insert_deliveries(
        &self,
        new: &[(DeliveryKey, DeliveryId)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let rows: Vec<_> = new.iter().map(|(key, id)| DeliveryRow::new(*key, *id, now)).collect();
        let store = self.clone();
        detached(async move {
            on!(store, transaction, |conn| {
                for row in rows {
                    insert_into(table::table).values(row).on_conflict_do_nothing().execute(conn).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// The id of a delivery that is still to be tried in this round.
    pub(crate) async fn due_delivery(
        &self,
        key: DeliveryKey,
        round: i64,
    ) -> Result<Option<DeliveryId>, StoreError> {
        let query = table::table
            .find(key.columns())
            .filter(table::round.eq(round))
            .filter(table::state.ne(DeliveryState::Delivered.as_str()))
            .select(table::id);
        let id: Option<Col<DeliveryId>> =
            on!(self, read, |conn| async { query.first(conn).await.optional() })?;
        Ok(id.map(|id| id.0))
    }

    /// Writes down what came of an attempt, unless the delivery was asked for again since.
    pub(crate) async fn attempted(
        &self,
        key: DeliveryKey,
        round: i64,
        Attempted { status, fault, then }: Attempted,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let changes = (
            table::state.eq(then.state()),
            table::attempts.eq(table::attempts + 1),
            table::last_status.eq(status.map(i32::from)),
            table::last_error.eq(fault.map(DeliveryFault::as_str)),
            table::next_attempt_at.eq(then.next_attempt_at()),
            table::updated_at.eq(At(now)),
        );
        let store = self.clone();
        detached(async move {
            let row = table::table.find(key.columns()).filter(table::round.eq(round));
            on!(store, write, |conn| update(row).set(changes).execute(conn))
        })
        .await
        .map(drop)
    }

    /// Gives a delivery up without an attempt, unless it was delivered or asked for again since.
    pub(crate) async fn give_up(
        &self,
        key: DeliveryKey,
        round: i64,
        fault: DeliveryFault,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move {
            let pending = table::table
                .find(key.columns())
                .filter(table::round.eq(round))
                .filter(table::state.eq(DeliveryState::Pending.as_str()));
            on!(store, write, |conn| update(pending)
                .set((
                    table::state.eq(DeliveryState::Dead.as_str()),
                    table::last_error.eq(fault.as_str()),
                    table::next_attempt_at.eq(None::<At>),
                    table::updated_at.eq(At(now)),
                ))
                .execute(conn))
        })
        .await
        .map(drop)
    }

    /// A web hook's deliveries before a position, the newest first.
    pub(crate) async fn deliveries(
        &self,
        group: GroupId,
        webhook: WebhookId,
        before: Option<Seq>,
        limit: i64,
    ) -> Result<Vec<WebhookDelivery>, StoreError> {
        let query = table::table
            .filter(table::group_id.eq(Col(group)))
            .filter(table::webhook_id.eq(Col(webhook)))
            .filter(table::seq.lt(before.map_or(i64::MAX, |seq| seq.0)))
            .order(table::seq.desc())
            .limit(limit);
        let rows: Vec<DeliveryRow> =
            on!(self, read, |conn| query.select(DeliveryRow::as_select()).load(conn))?;
        rows.into_iter().map(|row| row.try_into().map_err(StoreError::Refused)).collect()
    }

    /// Begins another round of a delivery, with the job that `job` makes of its position and the round; `false`
    /// when there is no such delivery.
    pub(crate) async fn redeliver(
        &self,
        group: GroupId,
        webhook: WebhookId,
        delivery: DeliveryId,
        now: Timestamp,
        job: impl FnOnce(Seq, i64) -> NewJob + Send + 'static,
    ) -> Result<bool, StoreError> {
        let store = self.clone();
        detached(async move {
            on!(store, transaction, |conn| {
                let row = table::table
                    .filter(table::group_id.eq(Col(group)))
                    .filter(table::webhook_id.eq(Col(webhook)))
                    .filter(table::id.eq(Col(delivery)));
                let raised = update(row)
                    .set((
                        table::state.eq(DeliveryState::Pending.as_str()),
                        table::round.eq(table::round + 1),
                        table::attempts.eq(0),
                        table::next_attempt_at.eq(Some(At(now))),
                        table::updated_at.eq(At(now)),
                    ))
                    .execute(conn)
                    .await?;
                if raised == 0 {
                    return Ok(false);
                }
                let (seq, round): (i64, i64) = row.select((table::seq, table::round)).first(conn).await?;
                conn.enqueue(job(Seq(seq), round)).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Removes some of a web hook's deliveries that were caused before `until`; `false` when there were none.
    pub(crate) async fn forget_deliveries(
        &self,
        group: GroupId,
        webhook: WebhookId,
        until: Timestamp,
        limit: i64,
    ) -> Result<bool, StoreError> {
        let of_webhook =
            table::table.filter(table::group_id.eq(Col(group))).filter(table::webhook_id.eq(Col(webhook)));
        let some = of_webhook.filter(table::created_at.le(At(until))).select(table::seq).limit(limit);
        let seqs: Vec<i64> = on!(self, read, |conn| some.load(conn))?;
        if seqs.is_empty() {
            return Ok(false);
        }
        let store = self.clone();
        detached(async move {
            let rows = of_webhook.filter(table::seq.eq_any(seqs));
            on!(store, write, |conn| delete(rows).execute(conn))
        })
        .await
        .map(|_| true)
    }

    /// Removes some deliveries that last changed before `until` and are not pending; answers how many.
    pub(crate) async fn prune_deliveries(&self, until: Timestamp, limit: i64) -> Result<usize, StoreError> {
        let old = table::table
            .filter(table::updated_at.lt(At(until)))
            .filter(table::state.ne(DeliveryState::Pending.as_str()))
            .order(table::updated_at)
            .select((table::group_id, table::webhook_id, table::seq))
            .limit(limit);
        let old: Vec<(Col<GroupId>, Col<WebhookId>, i64)> = on!(self, read, |conn| old.load(conn))?;
        let store = self.clone();
        detached(async move {
            on!(store, transaction, |conn| {
                let mut pruned = 0;
                for key in old {
                    let settled =
                        table::table.find(key).filter(table::state.ne(DeliveryState::Pending.as_str()));
                    pruned += delete(settled).execute(conn).await?;
                }
                Ok(pruned)
            })
        })
        .await
    }

    /// Gives up some deliveries that were to be tried before `until`: nobody has a job for them. Answers how
    /// many.
    pub(crate) async fn abandon_deliveries(
        &self,
        until: Timestamp,
        now: Timestamp,
        limit: i64,
    ) -> Result<usize, StoreError> {
        let lost = table::table
            .filter(table::next_attempt_at.lt(At(until)))
            .select((table::group_id, table::webhook_id, table::seq))
            .limit(limit);
        let lost: Vec<(Col<GroupId>, Col<WebhookId>, i64)> = on!(self, read, |conn| lost.load(conn))?;
        let store = self.clone();
        detached(async move {
            on!(store, transaction, |conn| {
                let mut abandoned = 0;
                for key in lost {
                    abandoned += update(table::table.find(key).filter(table::next_attempt_at.lt(At(until))))
                        .set((
                            table::state.eq(DeliveryState::Dead.as_str()),
                            table::last_status.eq(None::<i32>),
                            table::last_error.eq(DeliveryFault::Unknown.as_str()),
                            table::next_attempt_at.eq(None::<At>),
                            table::updated_at.eq(At(now)),
                        ))
                        .execute(conn)
                        .await?;
                }
                Ok(abandoned)
            })
        })
        .await
    }
}
