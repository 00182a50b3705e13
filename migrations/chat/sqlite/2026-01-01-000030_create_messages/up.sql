-- A group's log. `id` is chosen by the client or made by us; its index is what makes a retry harmless.
CREATE TABLE messages (
    group_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    user_id BLOB,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    erased_at INTEGER,
    message TEXT,
    PRIMARY KEY (group_id, seq),
    UNIQUE (group_id, id)
) STRICT, WITHOUT ROWID;
