CREATE TABLE user_resources (
    user_id uuid NOT NULL,
    resource_type text NOT NULL,
    scope_id uuid NOT NULL,
    resource_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    -- The order in which every question is asked, so that the key answers it alone.
    PRIMARY KEY (user_id, resource_type, scope_id, resource_id)
);
