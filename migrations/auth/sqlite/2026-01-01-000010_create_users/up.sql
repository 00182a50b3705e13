CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    -- Unicode lower case, made in Rust.
    email_key TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    password_key_id TEXT NOT NULL,
    token_generation INTEGER NOT NULL,
    guest INTEGER NOT NULL,
    disabled_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (email_key)
) STRICT;
-- Which keys are in use is asked at every start.
CREATE INDEX users_password_key_id ON users (password_key_id);
