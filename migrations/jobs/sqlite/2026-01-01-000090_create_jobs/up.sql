CREATE TABLE jobs (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    run_at INTEGER NOT NULL,
    lease_id BLOB,
    attempts INTEGER NOT NULL,
    last_error TEXT,
    done_at INTEGER,
    dead_at INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (kind, key)
) STRICT;
-- What is due: finished and dead jobs leave the index.
CREATE INDEX jobs_due ON jobs (kind, run_at) WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX jobs_done ON jobs (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX jobs_dead ON jobs (dead_at) WHERE dead_at IS NOT NULL;
