CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    key text NOT NULL,
    payload text NOT NULL,
    run_at timestamptz NOT NULL,
    lease_id uuid,
    attempts bigint NOT NULL,
    last_error text,
    done_at timestamptz,
    dead_at timestamptz,
    created_at timestamptz NOT NULL,
    UNIQUE (kind, key)
);
-- What is due: finished and dead jobs leave the index.
CREATE INDEX jobs_due ON jobs (kind, run_at) WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX jobs_done ON jobs (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX jobs_dead ON jobs (dead_at) WHERE dead_at IS NOT NULL;
