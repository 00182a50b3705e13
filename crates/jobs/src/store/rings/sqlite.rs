//! On SQLite each step is a transaction of the one writer, which waits for nobody.

use database::{
    At, Lite,
    jobs::{Enqueue, NewJob},
};
use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, SelectableHelper,
    dsl::{exists, select},
    insert_into, update,
    upsert::excluded,
};
use diesel_async::RunQueryDsl;
use engine_interfaces::{JobId, Progress, RingJob, Term, Timestamp};

use super::{rows::TermRow, schema::ring_terms};

pub(super) async fn begin(lite: &mut Lite, rows: &[TermRow]) -> QueryResult<Vec<TermRow>> {
    lite.immediate_transaction(async |lite| begin_each(lite, rows).await).await
}

async fn begin_each(lite: &mut Lite, rows: &[TermRow]) -> QueryResult<Vec<TermRow>> {
    let mut begun = Vec::with_capacity(rows.len());
    for row in rows {
        let term = insert_into(ring_terms::table)
            .values(row.clone())
            .on_conflict(ring_terms::topic)
            .do_update()
            .set((
                ring_terms::term.eq(ring_terms::term + 1),
                ring_terms::leader.eq(excluded(ring_terms::leader)),
                ring_terms::began_at.eq(excluded(ring_terms::began_at)),
            ))
            .returning(TermRow::as_returning())
            .get_result(lite)
            .await?;
        begun.push(term);
    }
    Ok(begun)
}

pub(super) async fn advance(lite: &mut Lite, progress: &[(Term, Progress)]) -> QueryResult<Vec<Term>> {
    lite.immediate_transaction(async |lite| advance_each(lite, progress).await).await
}

async fn advance_each(lite: &mut Lite, progress: &[(Term, Progress)]) -> QueryResult<Vec<Term>> {
    let mut held = Vec::with_capacity(progress.len());
    for (term, at) in progress {
        let (server, read_id) = match &at.position {
            Some(position) => (Some(position.server.as_str()), Some(position.entry.as_str())),
            None => (None, None),
        };
        let row = ring_terms::table.find(i64::from(term.topic.0)).filter(ring_terms::term.eq(term.number));
        let advanced = update(row)
            .set((
                ring_terms::server.eq(server),
                ring_terms::read_id.eq(read_id),
                ring_terms::caught_up_at.eq(at.caught_up_at.map(At)),
            ))
            .execute(lite)
            .await?;
        if advanced > 0 {
            held.push(*term);
        }
    }
    Ok(held)
}

pub(super) async fn add(
    lite: &mut Lite,
    term: Term,
    jobs: Vec<(JobId, RingJob)>,
    now: Timestamp,
) -> QueryResult<bool> {
    lite.immediate_transaction(async |lite| add_each(lite, term, jobs, now).await).await
}

async fn add_each(
    lite: &mut Lite,
    term: Term,
    jobs: Vec<(JobId, RingJob)>,
    now: Timestamp,
) -> QueryResult<bool> {
    let row = ring_terms::table.find(i64::from(term.topic.0)).filter(ring_terms::term.eq(term.number));
    if !select(exists(row)).get_result(lite).await? {
        return Ok(false);
    }
    for (id, RingJob { kind, key, payload, run_at }) in jobs {
        lite.enqueue(NewJob::new(id, kind, key, &payload, now, run_at)).await?;
    }
    Ok(true)
}
