-- Tokens that were signed out.
CREATE TABLE revoked_tokens (
    jti BLOB NOT NULL PRIMARY KEY,
    revoked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX revoked_tokens_revoked_at ON revoked_tokens (revoked_at);
CREATE INDEX revoked_tokens_expires_at ON revoked_tokens (expires_at);

-- Users whose tokens of an older generation are refused, but for the one that is kept.
CREATE TABLE refused_tokens (
    user_id BLOB NOT NULL PRIMARY KEY,
    generation INTEGER NOT NULL,
    kept_jti BLOB,
    revoked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX refused_tokens_revoked_at ON refused_tokens (revoked_at);
CREATE INDEX refused_tokens_expires_at ON refused_tokens (expires_at);
