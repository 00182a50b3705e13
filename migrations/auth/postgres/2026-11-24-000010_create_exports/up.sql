-- Archives of what is held of a user, from when they are asked for until they expire.
CREATE TABLE exports (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    state text NOT NULL,
    -- How many parts there are by now, and how long they are together.
    parts integer NOT NULL,
    bytes bigint NOT NULL,
    -- Where its worker goes on: JSON; none before the first part.
    position text,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX exports_user_id ON exports (user_id);
CREATE INDEX exports_expires_at ON exports (expires_at);

-- One JSON document, cut anywhere: no row is longer than a part may be.
CREATE TABLE export_parts (
    export_id uuid NOT NULL,
    number integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (export_id, number)
);
