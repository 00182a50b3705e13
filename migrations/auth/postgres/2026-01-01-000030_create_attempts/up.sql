-- The address is a keyed hash: the table names nobody.
CREATE TABLE sign_in_failures (
    network text NOT NULL,
    email_hash bytea NOT NULL,
    count integer NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (network, email_hash)
);
CREATE INDEX sign_in_failures_since ON sign_in_failures (since);

CREATE TABLE sign_ups (
    network text PRIMARY KEY,
    count integer NOT NULL,
    since timestamptz NOT NULL
);
CREATE INDEX sign_ups_since ON sign_ups (since);
