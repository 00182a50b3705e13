CREATE TABLE users (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL,
    -- Unicode lower case, made in Rust.
    email_key text NOT NULL,
    password_hash text NOT NULL,
    password_key_id text NOT NULL,
    token_generation integer NOT NULL,
    guest boolean NOT NULL,
    disabled_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (email_key)
);
-- Which keys are in use is asked at every start.
CREATE INDEX users_password_key_id ON users (password_key_id);
