-- When each user was last here, as real time tells: half a minute is as exact as it gets.
CREATE TABLE last_seen (
    user_id uuid PRIMARY KEY,
    seen_at timestamptz NOT NULL
) WITH (fillfactor = 80);
