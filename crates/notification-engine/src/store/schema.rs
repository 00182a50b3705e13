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
