-- Who leads each topic, and how far its messages are handled. Read and written some times a second.
CREATE TABLE ring_terms (
    topic bigint PRIMARY KEY,
    term bigint NOT NULL,
    leader text NOT NULL,
    began_at timestamptz NOT NULL,
    server text,
    read_id text,
    caught_up_at timestamptz
) WITH (fillfactor = 50);
