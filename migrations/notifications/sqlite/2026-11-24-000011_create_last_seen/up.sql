-- When each user was last here, as real time tells: half a minute is as exact as it gets.
CREATE TABLE last_seen (
    user_id BLOB NOT NULL PRIMARY KEY,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
