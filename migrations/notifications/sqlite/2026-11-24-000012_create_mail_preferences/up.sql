-- Whether a user wants mail. No row: yes.
CREATE TABLE mail_preferences (
    user_id BLOB NOT NULL PRIMARY KEY,
    digests INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
