//! On PostgreSQL each step is one statement, which takes its locks in the order of topics.

use database::{At, Col, Id, Instant};
use diesel::{
    ExpressionMethods, QueryResult, QueryableByName, SelectableHelper, insert_into, sql_query,
    sql_types::{Array, BigInt, Nullable, Text},
    upsert::excluded,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use engine_interfaces::{JobId, Position, Progress, RingJob, Term, Timestamp};

use super::{rows::TermRow, schema::ring_terms};

pub(super) async fn begin(pg: &mut AsyncPgConnection, rows: &[TermRow]) -> QueryResult<Vec<TermRow>> {
    insert_into(ring_terms::table)
        .values(rows)
        .on_conflict(ring_terms::topic)
        .do_update()
        .set((
            ring_terms::term.eq(ring_terms::term + 1),
            ring_terms::leader.eq(excluded(ring_terms::leader)),
            ring_terms::began_at.eq(excluded(ring_terms::began_at)),
        ))
        .returning(TermRow::as_returning())
        .get_results(pg)
        .await
}

#[derive(QueryableByName)]
struct Advanced {
    #[diesel(sql_type = BigInt)]
    topic: i64,
}

pub(super) async fn advance(
    pg: &mut AsyncPgConnection,
    progress: &[(Term, Progress)],
) -> QueryResult<Vec<Term>> {
    let position = |part: fn(&Position) -> &String| -> Vec<Option<&str>> {
        progress.iter().map(|(_, at)| at.position.as_ref().map(|position| part(position).as_str())).collect()
    };
    let advanced: Vec<Advanced> = sql_query(
        "WITH made AS (SELECT * FROM unnest($1, $2, $3, $4, $5) AS a (topic, term, server, read_id, caught_up_at)), \
         held AS MATERIALIZED (SELECT t.topic FROM ring_terms t JOIN made ON made.topic = t.topic AND made.term = t.term \
             ORDER BY t.topic FOR NO KEY UPDATE OF t) \
         UPDATE ring_terms t SET server = made.server, read_id = made.read_id, caught_up_at = made.caught_up_at \
         FROM made, held WHERE t.topic = held.topic AND made.topic = t.topic AND made.term = t.term \
         RETURNING t.topic",
    )
    .bind::<Array<BigInt>, _>(topics(progress))
    .bind::<Array<BigInt>, _>(progress.iter().map(|(term, _)| term.number).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(position(|position| &position.server))
    .bind::<Array<Nullable<Text>>, _>(position(|position| &position.entry))
    .bind::<Array<Nullable<Instant>>, _>(
        progress.iter().map(|(_, at)| at.caught_up_at.map(At)).collect::<Vec<_>>(),
    )
    .load(pg)
    .await?;
    let holds = |term: &Term| advanced.iter().any(|row| row.topic == i64::from(term.topic.0));
    Ok(progress.iter().map(|(term, _)| *term).filter(holds).collect())
}

fn topics(progress: &[(Term, Progress)]) -> Vec<i64> {
    progress.iter().map(|(term, _)| i64::from(term.topic.0)).collect()
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = BigInt)]
    held: i64,
}

pub(super) async fn add(
    pg: &mut AsyncPgConnection,
    term: Term,
    jobs: Vec<(JobId, RingJob)>,
    now: Timestamp,
) -> QueryResult<bool> {
    let held: Held = sql_query(
        "WITH held AS MATERIALIZED (SELECT topic FROM ring_terms WHERE topic = $1 AND term = $2 FOR SHARE), \
         added AS (INSERT INTO jobs (id, kind, key, payload, run_at, attempts, created_at) \
             SELECT id, kind, key, payload, run_at, 0, $8 \
             FROM held, unnest($3, $4, $5, $6, $7) AS a (id, kind, key, payload, run_at) \
             ON CONFLICT DO NOTHING) \
         SELECT count(*) AS held FROM held",
    )
    .bind::<BigInt, _>(i64::from(term.topic.0))
    .bind::<BigInt, _>(term.number)
    .bind::<Array<Id>, _>(jobs.iter().map(|(id, _)| Col(*id)).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(jobs.iter().map(|(_, job)| job.kind).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(jobs.iter().map(|(_, job)| job.key.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(jobs.iter().map(|(_, job)| job.payload.to_string()).collect::<Vec<_>>())
    .bind::<Array<Instant>, _>(jobs.iter().map(|(_, job)| At(job.run_at)).collect::<Vec<_>>())
    .bind::<Instant, _>(At(now))
    .get_result(pg)
    .await?;
    Ok(held.held > 0)
}
