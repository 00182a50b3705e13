DROP TABLE refused_tokens;
DROP TABLE revoked_tokens;
