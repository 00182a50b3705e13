-- Who is in a group, and who was: the row of a former member stays, since their messages do and their name
-- must still be found, by the same key.
CREATE TABLE memberships (
    group_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL,
    joined_at timestamptz NOT NULL,
    -- Where the group's log ended when they joined.
    joined_seq bigint NOT NULL,
    -- The group's revision that their joining made: the order of joining, without ties.
    joined_revision bigint NOT NULL,
    read_seq bigint NOT NULL,
    left_at timestamptz,
    PRIMARY KEY (group_id, user_id)
) WITH (fillfactor = 80);
CREATE INDEX memberships_in_order ON memberships (group_id, joined_revision) WHERE left_at IS NULL;
-- Finds another owner in a group of any size.
CREATE INDEX memberships_by_role ON memberships (group_id, role);
