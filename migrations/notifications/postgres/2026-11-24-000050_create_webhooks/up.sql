-- Where a group's messages are posted to. The secret is kept as it is: every delivery is signed with it.
CREATE TABLE webhooks (
    group_id uuid NOT NULL,
    id uuid NOT NULL,
    url text NOT NULL,
    secret text NOT NULL,
    created_by uuid,
    -- Messages after this position are delivered.
    after_seq bigint NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (group_id, id)
);

-- What an erasure asks.
CREATE INDEX webhooks_created_by ON webhooks (created_by);

-- A message on its way to a web hook. The message itself stays where it is.
CREATE TABLE webhook_deliveries (
    group_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    seq bigint NOT NULL,
    id uuid NOT NULL,
    state text NOT NULL,
    -- Raised with each redelivery: what an earlier one still has to do is void.
    round bigint NOT NULL,
    attempts bigint NOT NULL,
    last_status integer,
    last_error text,
    next_attempt_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (group_id, webhook_id, seq),
    UNIQUE (group_id, webhook_id, id)
);

-- What is old is forgotten.
CREATE INDEX webhook_deliveries_updated_at ON webhook_deliveries (updated_at);
-- What nobody has a job for any more is found here.
CREATE INDEX webhook_deliveries_next_attempt_at ON webhook_deliveries (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
