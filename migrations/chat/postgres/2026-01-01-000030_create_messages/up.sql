-- A group's log. `id` is chosen by the client or made by us; its index is what makes a retry harmless.
CREATE TABLE messages (
    group_id uuid NOT NULL,
    seq bigint NOT NULL,
    id uuid NOT NULL,
    user_id uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    erased_at timestamptz,
    message text,
    PRIMARY KEY (group_id, seq),
    UNIQUE (group_id, id)
);
