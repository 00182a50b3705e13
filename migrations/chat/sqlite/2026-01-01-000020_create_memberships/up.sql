-- Who is in a group, and who was: the row of a former member stays, since their messages do and their name
-- must still be found, by the same key.
CREATE TABLE memberships (
    group_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    role TEXT NOT NULL,
    joined_at INTEGER NOT NULL,
    -- Where the group's log ended when they joined.
    joined_seq INTEGER NOT NULL,
    -- The group's revision that their joining made: the order of joining, without ties.
    joined_revision INTEGER NOT NULL,
    read_seq INTEGER NOT NULL,
    left_at INTEGER,
    PRIMARY KEY (group_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_in_order ON memberships (group_id, joined_revision) WHERE left_at IS NULL;
-- Finds another owner in a group of any size.
CREATE INDEX memberships_by_role ON memberships (group_id, role);
