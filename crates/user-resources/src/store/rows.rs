//! The table's rows.

use database::{At, Col};
use diesel::{Insertable, Queryable, Selectable};
use engine_interfaces::{UserId, UserResource};
use uuid::Uuid;

use super::schema::user_resources;

/// One link.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = user_resources)]
pub(crate) struct Row {
    user_id: Col<UserId>,
    resource_type: String,
    scope_id: Col<Uuid>,
    resource_id: Col<Uuid>,
    created_at: At,
}

impl Row {
    pub(crate) fn new(link: UserResource, created_at: At) -> Self {
        Self {
            user_id: Col(link.user_id),
            resource_type: link.resource_type.to_owned(),
            scope_id: Col(link.scope_id),
            resource_id: Col(link.resource_id),
            created_at,
        }
    }

    /// The row was asked for by its type, so the type is known.
    pub(crate) fn into_resource(self, resource_type: &'static str) -> UserResource {
        UserResource {
            user_id: self.user_id.0,
            resource_type,
            scope_id: self.scope_id.0,
            resource_id: self.resource_id.0,
        }
    }
}
