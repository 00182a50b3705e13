-- Where a group's messages are posted to. The secret is kept as it is: every delivery is signed with it.
CREATE TABLE webhooks (
    group_id BLOB NOT NULL,
    id BLOB NOT NULL,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_by BLOB,
    -- Messages after this position are delivered.
    after_seq INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (group_id, id)
) STRICT, WITHOUT ROWID;

-- What an erasure asks.
CREATE INDEX webhooks_created_by ON webhooks (created_by);

-- A message on its way to a web hook. The message itself stays where it is.
CREATE TABLE webhook_deliveries (
    group_id BLOB NOT NULL,
    webhook_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    state TEXT NOT NULL,
    -- Raised with each redelivery: what an earlier one still has to do is void.
    round INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    last_status INTEGER,
    last_error TEXT,
    next_attempt_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (group_id, webhook_id, seq),
    UNIQUE (group_id, webhook_id, id)
) STRICT, WITHOUT ROWID;

-- What is old is forgotten.
CREATE INDEX webhook_deliveries_updated_at ON webhook_deliveries (updated_at);
-- What nobody has a job for any more is found here.
CREATE INDEX webhook_deliveries_next_attempt_at ON webhook_deliveries (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
