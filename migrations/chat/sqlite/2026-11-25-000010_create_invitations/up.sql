-- Ways into a group for whoever has the code, of which only a hash is kept. A row stays until it expires, spent
-- or not: who joined by its last use may ask again.
CREATE TABLE invitations (
    group_id BLOB NOT NULL,
    -- SHA-256 of the code.
    hash BLOB NOT NULL,
    id BLOB NOT NULL,
    uses_left INTEGER NOT NULL,
    created_by BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (group_id, hash),
    UNIQUE (group_id, id)
) STRICT, WITHOUT ROWID;
