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
