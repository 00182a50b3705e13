-- What a group is. The row outlives the group: a deleted one keeps its id taken.
CREATE TABLE groups (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    description text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz
);

-- Where a group's log ends: the one row that a send updates, and the lock under which a group changes. A
-- group exists for as long as it has a head. No index on what changes, and room in each page: updates stay
-- within the page (HOT).
CREATE TABLE group_heads (
    group_id uuid PRIMARY KEY,
    last_seq bigint NOT NULL,
    revision bigint NOT NULL,
    -- When the group was made, until it has a message. Never goes back.
    last_message_at timestamptz NOT NULL,
    last_sender_id uuid,
    member_count bigint NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
