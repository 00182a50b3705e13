-- Tokens that were signed out.
CREATE TABLE revoked_tokens (
    jti uuid PRIMARY KEY,
    revoked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX revoked_tokens_revoked_at ON revoked_tokens (revoked_at);
CREATE INDEX revoked_tokens_expires_at ON revoked_tokens (expires_at);

-- Users whose tokens of an older generation are refused, but for the one that is kept.
CREATE TABLE refused_tokens (
    user_id uuid PRIMARY KEY,
    generation integer NOT NULL,
    kept_jti uuid,
    revoked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX refused_tokens_revoked_at ON refused_tokens (revoked_at);
CREATE INDEX refused_tokens_expires_at ON refused_tokens (expires_at);
