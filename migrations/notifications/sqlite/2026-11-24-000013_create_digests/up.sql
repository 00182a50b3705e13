-- The digest that a user is to get, or the last one that they got: a row for each user.
CREATE TABLE digests (
    user_id BLOB NOT NULL PRIMARY KEY,
    -- The interval that it is of; names the mail, so that a second copy is known as one.
    slot INTEGER NOT NULL,
    -- When it is to be sent: taking it moves this past a lease. None: it is settled.
    due_at INTEGER,
    attempts INTEGER NOT NULL,
    -- No other one before.
    quiet_until INTEGER NOT NULL,
    -- Why the last attempt failed. Holds no address.
    last_error TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX digests_due ON digests (due_at) WHERE due_at IS NOT NULL;
