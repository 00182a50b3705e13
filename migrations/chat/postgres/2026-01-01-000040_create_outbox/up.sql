-- What was stored and is to be announced: one row for each statement and group, a range of seq.
CREATE TABLE outbox (
    group_id uuid NOT NULL,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    created_at timestamptz NOT NULL,
    published_at timestamptz,
    PRIMARY KEY (group_id, first_seq)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
-- For the sweep: what is not announced, by age; and what was announced long ago.
CREATE INDEX outbox_by_age ON outbox (published_at, created_at);
