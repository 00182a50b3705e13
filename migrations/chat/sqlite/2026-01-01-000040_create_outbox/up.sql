-- What was stored and is to be announced: one row for each statement and group, a range of seq.
CREATE TABLE outbox (
    group_id BLOB NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    published_at INTEGER,
    PRIMARY KEY (group_id, first_seq)
) STRICT, WITHOUT ROWID;
-- For the sweep: what is not announced, by age; and what was announced long ago.
CREATE INDEX outbox_by_age ON outbox (published_at, created_at);
