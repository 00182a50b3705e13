-- Whether a user wants mail. No row: yes.
CREATE TABLE mail_preferences (
    user_id uuid PRIMARY KEY,
    digests boolean NOT NULL,
    updated_at timestamptz NOT NULL
);
