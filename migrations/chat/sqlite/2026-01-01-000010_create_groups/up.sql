-- What a group is. The row outlives the group: a deleted one keeps its id taken.
CREATE TABLE groups (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    created_by BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;

-- Where a group's log ends: the one row that a send updates. A group exists for as long as it has a head.
CREATE TABLE group_heads (
    group_id BLOB NOT NULL PRIMARY KEY,
    last_seq INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    -- When the group was made, until it has a message. Never goes back.
    last_message_at INTEGER NOT NULL,
    last_sender_id BLOB,
    member_count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
