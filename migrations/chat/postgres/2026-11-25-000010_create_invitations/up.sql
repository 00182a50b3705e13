-- Ways into a group for whoever has the code, of which only a hash is kept. A row stays until it expires, spent
-- or not: who joined by its last use may ask again.
CREATE TABLE invitations (
    group_id uuid NOT NULL,
    -- SHA-256 of the code.
    hash bytea NOT NULL,
    id uuid NOT NULL,
    uses_left integer NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (group_id, hash),
    UNIQUE (group_id, id)
);
