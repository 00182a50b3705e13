-- What a user wants to hear of a group. No row: everything.
CREATE TABLE preferences (
    user_id uuid NOT NULL,
    group_id uuid NOT NULL,
    muted boolean NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, group_id)
);
