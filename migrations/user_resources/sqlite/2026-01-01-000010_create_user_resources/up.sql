CREATE TABLE user_resources (
    user_id BLOB NOT NULL,
    resource_type TEXT NOT NULL,
    scope_id BLOB NOT NULL,
    resource_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    -- The order in which every question is asked, so that the key answers it alone.
    PRIMARY KEY (user_id, resource_type, scope_id, resource_id)
) STRICT, WITHOUT ROWID;
