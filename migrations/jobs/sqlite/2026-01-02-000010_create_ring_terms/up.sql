-- Who leads each topic, and how far its messages are handled. Read and written some times a second.
CREATE TABLE ring_terms (
    topic INTEGER NOT NULL PRIMARY KEY,
    term INTEGER NOT NULL,
    leader TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    server TEXT,
    read_id TEXT,
    caught_up_at INTEGER
) STRICT;
