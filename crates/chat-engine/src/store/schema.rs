//! The tables as Diesel knows them.

diesel::table! {
    use database::{Id, Instant};
    use diesel::sql_types::{Nullable, Text};

    groups (id) {
        id -> Id,
        name -> Text,
        description -> Text,
        created_by -> Id,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use database::{Id, Instant};
    use diesel::sql_types::{BigInt, Nullable};

    group_heads (group_id) {
        group_id -> Id,
        last_seq -> BigInt,
        revision -> BigInt,
        last_message_at -> Instant,
        last_sender_id -> Nullable<Id>,
        member_count -> BigInt,
    }
}

diesel::table! {
    use database::{Id, Instant};
    use diesel::sql_types::{BigInt, Nullable, Text};

    memberships (group_id, user_id) {
        group_id -> Id,
        user_id -> Id,
        role -> Text,
        joined_at -> Instant,
        joined_seq -> BigInt,
        joined_revision -> BigInt,
        read_seq -> BigInt,
        left_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use database::{Id, Instant};
    use diesel::sql_types::{BigInt, Nullable, Text};

    messages (group_id, seq) {
        group_id -> Id,
        seq -> BigInt,
        id -> Id,
        user_id -> Nullable<Id>,
        created_at -> Instant,
        updated_at -> Instant,
        erased_at -> Nullable<Instant>,
        message -> Nullable<Text>,
    }
}

diesel::table! {
    use database::{Id, Instant};
    use diesel::sql_types::{BigInt, Nullable};

    outbox (group_id, first_seq) {
        group_id -> Id,
        first_seq -> BigInt,
        last_seq -> BigInt,
        created_at -> Instant,
        published_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use database::{Id, Instant};
    use diesel::sql_types::{Binary, Integer, Nullable};

    invitations (group_id, hash) {
        group_id -> Id,
        hash -> Binary,
        id -> Id,
        uses_left -> Integer,
        created_by -> Nullable<Id>,
        created_at -> Instant,
        expires_at -> Instant,
    }
}

diesel::allow_tables_to_appear_in_same_query!(groups, group_heads, memberships, messages);
