-- What a user wants to hear of a group. No row: everything.
CREATE TABLE preferences (
    user_id BLOB NOT NULL,
    group_id BLOB NOT NULL,
    muted INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, group_id)
) STRICT, WITHOUT ROWID;
