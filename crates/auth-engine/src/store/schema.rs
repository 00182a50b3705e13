//! The tables, as `migrations/auth` makes them.

diesel::table! {
    use diesel::sql_types::{Bool, Integer, Nullable, Text};
    use database::{Id, Instant};

    users (id) {
        id -> Id,
        name -> Text,
        email -> Text,
        email_key -> Text,
        password_hash -> Text,
        password_key_id -> Text,
        token_generation -> Integer,
        guest -> Bool,
        disabled_at -> Nullable<Instant>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use database::{Id, Instant};

    revoked_tokens (jti) {
        jti -> Id,
        revoked_at -> Instant,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{Integer, Nullable};
    use database::{Id, Instant};

    refused_tokens (user_id) {
        user_id -> Id,
        generation -> Integer,
        kept_jti -> Nullable<Id>,
        revoked_at -> Instant,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{Binary, Integer, Text};
    use database::Instant;

    sign_in_failures (network, email_hash) {
        network -> Text,
        email_hash -> Binary,
        count -> Integer,
        since -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{Integer, Text};
    use database::Instant;

    sign_ups (network) {
        network -> Text,
        count -> Integer,
        since -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};
    use database::{Id, Instant};

    exports (id) {
        id -> Id,
        user_id -> Id,
        state -> Text,
        parts -> Integer,
        bytes -> BigInt,
        position -> Nullable<Text>,
        created_at -> Instant,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{Binary, Integer};
    use database::Id;

    export_parts (export_id, number) {
        export_id -> Id,
        number -> Integer,
        content -> Binary,
    }
}

diesel::allow_tables_to_appear_in_same_query!(exports, export_parts);
