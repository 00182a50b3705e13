//! The tables as Diesel knows them.

diesel::table! {
    use database::{Id, Instant};
    use diesel::sql_types::Bool;

    preferences (user_id, group_id) {
        user_id -> Id,
        group_id -> Id,
        muted -> Bool,
        updated_at -> Instant,
    }
}

diesel::table! {
    use database::{Id, Instant};
    use diesel::sql_types::{BigInt, Nullable, Text};

    webhooks (group_id, id) {
        group_id -> Id,
        id -> Id,
        url -> Text,
        secret -> Text,
        created_by -> Nullable<Id>,
        after_seq -> BigInt,
        created_at -> Instant,
    }
}

diesel::table! {
    use database::{Id, Instant};
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};

    webhook_deliveries (group_id, webhook_id, seq) {
        group_id -> Id,
        webhook_id -> Id,
        seq -> BigInt,
        id -> Id,
        state -> Text,
        round -> BigInt,
        attempts -> BigInt,
        last_status -> Nullable<Integer>,
        last_error -> Nullable<Text>,
        next_attempt_at -> Nullable<Instant>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use database::{Id, Instant};

    last_seen (user_id) {
        user_id -> Id,
        seen_at -> Instant,
    }
}

diesel::table! {
    use database::{Id, Instant};
    use diesel::sql_types::Bool;

    mail_preferences (user_id) {
        user_id -> Id,
        digests -> Bool,
        updated_at -> Instant,
    }
}

diesel::table! {
    use database::{Id, Instant};
    use diesel::sql_types::{BigInt, Nullable, Text};

    digests (user_id) {
        user_id -> Id,
        slot -> Instant,
        due_at -> Nullable<Instant>,
        attempts -> BigInt,
        quiet_until -> Instant,
        last_error -> Nullable<Text>,
    }
}
