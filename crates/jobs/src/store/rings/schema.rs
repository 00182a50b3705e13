//! The table as Diesel knows it.

diesel::table! {
    use database::Instant;
    use diesel::sql_types::{BigInt, Nullable, Text};

    ring_terms (topic) {
        topic -> BigInt,
        term -> BigInt,
        leader -> Text,
        began_at -> Instant,
        server -> Nullable<Text>,
        read_id -> Nullable<Text>,
        caught_up_at -> Nullable<Instant>,
    }
}
