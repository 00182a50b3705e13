-- Archives of what is held of a user, from when they are asked for until they expire.
CREATE TABLE exports (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL,
    state TEXT NOT NULL,
    -- How many parts there are by now, and how long they are together.
    parts INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    -- Where its worker goes on: JSON; none before the first part.
    position TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX exports_user_id ON exports (user_id);
CREATE INDEX exports_expires_at ON exports (expires_at);

-- One JSON document, cut anywhere: no row is longer than a part may be.
CREATE TABLE export_parts (
    export_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (export_id, number)
) STRICT;
