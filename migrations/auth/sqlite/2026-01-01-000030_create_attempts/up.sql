-- The address is a keyed hash: the table names nobody.
CREATE TABLE sign_in_failures (
    network TEXT NOT NULL,
    email_hash BLOB NOT NULL,
    count INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (network, email_hash)
) STRICT;
CREATE INDEX sign_in_failures_since ON sign_in_failures (since);

CREATE TABLE sign_ups (
    network TEXT NOT NULL PRIMARY KEY,
    count INTEGER NOT NULL,
    since INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_ups_since ON sign_ups (since);
