//! The table as Diesel knows it.

diesel::table! {
    use database::{Id, Instant};
    use diesel::sql_types::Text;

    user_resources (user_id, resource_type, scope_id, resource_id) {
        user_id -> Id,
        resource_type -> Text,
        scope_id -> Id,
        resource_id -> Id,
        created_at -> Instant,
    }
}
