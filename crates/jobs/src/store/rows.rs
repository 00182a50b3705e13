//! Rows as the table has them.

use database::{At, Col, jobs::jobs};
use diesel::{Queryable, Selectable};
use engine_interfaces::{Job, JobId};
use uuid::Uuid;

use super::{JobEntry, JobState, Lease, Taken};

/// A due job, as it was before it was taken.
#[derive(Queryable, Selectable)]
#[diesel(table_name = jobs)]
pub(super) struct TakenRow {
    pub(super) id: Col<JobId>,
    kind: String,
    key: String,
    payload: String,
    pub(super) attempts: i64,
}

impl TakenRow {
    pub(super) fn taken(self, lease_id: Col<Uuid>) -> Taken {
        let Self { id, kind, key, payload, attempts } = self;
        let job = Job {
            id: id.0,
            kind,
            key,
            // Written by `NewJob` from JSON; a worker refuses what it can't use.
            payload: serde_json::from_str(&payload).unwrap_or_default(),
            attempt: u32::try_from(attempts + 1).unwrap_or(u32::MAX),
        };
        let lease = Lease { job: id, lease_id };
        Taken { job, lease }
    }
}

/// A job as the operator sees it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = jobs)]
pub(super) struct EntryRow {
    id: Col<JobId>,
    kind: String,
    key: String,
    run_at: At,
    attempts: i64,
    last_error: Option<String>,
    created_at: At,
}

impl EntryRow {
    pub(super) fn entry(self, state: JobState) -> JobEntry {
        let Self { id, kind, key, run_at, attempts, last_error, created_at } = self;
        JobEntry {
            id: id.0,
            kind,
            key,
            state,
            run_at: run_at.0,
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
            last_error,
            created_at: created_at.0,
        }
    }
}
